"""Whatever somebody puts into a seal: a fault of ours comes out, in a bounded time, and no word too many."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import structlog
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.errors import InvalidCertificate, OwnFault, TransportFault
from adapter.seal.encryption import encrypt
from adapter.seal.reading import MOST_BER
from adapter.seal.signature import sign
from tests.support.certificates import AFTER, BEFORE, XML, Post, own, read, sealed, unsealed
from tests.support.cms import attributes, envelope, recipient, reference, signed_data, signer
from tools.certificates import SIGN, Issued

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict

    from adapter.seal import Seal

LONG = 2.0  # seconds; the worst of them takes a third of one on a machine that has nothing else to do
TOLD = {"event", "log_level", "reason", "her_id", "thumbprint", "serial"}


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Post:
    return Post(tmp_path_factory.mktemp("post"))


@pytest.fixture(scope="module")
def seal(post: Post) -> Seal:
    return post.open_seal()


@pytest.fixture(scope="module")
def signed(post: Post) -> list[bytes]:
    """What they have signed, in several ways."""
    by_hand = (signer(post.their_sign), signer(post.their_sign, signed=attributes()))
    return [
        sign(XML, own(post.their_sign)),
        *(signed_data([one], [post.their_sign]) for one in by_hand),
        endless(signed_data([by_hand[1]], [post.their_sign])),
    ]


def endless(der: bytes) -> bytes:
    """The same with endless lengths, as far as it is a sequence in a sequence."""
    info = cms.ContentInfo.load(der)
    inside = info["content"].untag().dump()
    explicit = b"\xa0\x80" + inside + b"\x00\x00"
    return b"\x30\x80" + info["content_type"].dump() + explicit + b"\x00\x00"


def outcome(seal: Seal, body: bytes) -> bytes | TransportFault:
    """What was signed, or the fault. Anything else that is raised fails the test."""
    start = time.perf_counter()
    try:
        return unsealed(seal, body).content
    except TransportFault as fault:
        return fault
    finally:
        assert time.perf_counter() - start < LONG


def changed(data: bytes, draw: st.DrawFn) -> bytes:
    """Some of the bytes other ones, gone, or there twice."""
    made = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(made) - 1)))
        much = draw(st.sampled_from([1, 1, 1, 2, 16, 100]))
        match draw(st.sampled_from(["other", "other", "gone", "twice", "short"])):
            case "other":
                made[place : place + 1] = draw(st.binary(min_size=1, max_size=3))
            case "gone":
                del made[place : place + much]
            case "twice":
                made[place:place] = made[place : place + much]
            case _:
                del made[place:]
    return bytes(made)


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    return lambda data: changed(data, draw)


often = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@often
@given(change=changes(), which=st.integers(0, 3))
def test_an_envelope_that_was_changed(
    seal: Seal, post: Post, signed: list[bytes], change: Callable[[bytes], bytes], which: int
) -> None:
    body = change(encrypt(signed[which], read(post.our_encrypt)))
    assert outcome(seal, body) == XML or isinstance(outcome(seal, body), TransportFault)


@often
@given(change=changes(), which=st.integers(0, 3))
def test_a_signature_that_was_changed(
    seal: Seal, post: Post, signed: list[bytes], change: Callable[[bytes], bytes], which: int
) -> None:
    """Whatever is let through is what they have signed, to the last byte."""
    found = outcome(seal, encrypt(change(signed[which]), read(post.our_encrypt)))
    assert found == XML or isinstance(found, TransportFault)


@often
@given(body=st.binary(max_size=300))
def test_anything(seal: Seal, post: Post, body: bytes) -> None:
    assert isinstance(outcome(seal, body), TransportFault)
    assert isinstance(outcome(seal, encrypt(body, read(post.our_encrypt))), TransportFault)


@often
@given(change=changes())
def test_a_certificate_that_was_changed(seal: Seal, post: Post, change: Callable[[bytes], bytes]) -> None:
    """It is the sender's own, so the changes are under the signature's key, wherever they are."""
    der = post.their_sign.certificate.public_bytes(Encoding.DER)
    whole = signed_data([signer(post.their_sign)], [post.their_sign])
    found = outcome(seal, encrypt(whole.replace(der, change(der)), read(post.our_encrypt)))
    assert found == XML or isinstance(found, TransportFault)


@pytest.mark.parametrize(("old", "new"), [("a003020102", "a003020112"), ("020102", "020180")])
def test_a_certificate_of_a_version_that_there_is_not(seal: Seal, post: Post, old: str, new: str) -> None:
    der = post.their_sign.certificate.public_bytes(Encoding.DER)
    whole = signed_data([signer(post.their_sign)], [post.their_sign])
    strange = der.replace(bytes.fromhex(old), bytes.fromhex(new), 1)
    assert strange != der
    found = outcome(seal, encrypt(whole.replace(der, strange), read(post.our_encrypt)))
    assert isinstance(found, TransportFault)


def test_endless_lengths_are_read_as_long_as_they_are_few(
    seal: Seal, post: Post, signed: list[bytes]
) -> None:
    assert outcome(seal, encrypt(signed[3], read(post.our_encrypt))) == XML
    body = endless(encrypt(signed[3], read(post.our_encrypt)))
    assert body[:2] == b"\x30\x80"
    assert outcome(seal, body) == XML


def header(tag: int, length: int) -> bytes:
    size = length.to_bytes((length.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([length]) if length < 128 else bytes([0x80 | len(size)]) + size)


def in_pieces(data: bytes, size: int) -> bytes:
    """An octet string as pieces of so many bytes: the least that a peer can say at the greatest length."""
    return b"".join(
        header(4, len(data[i : i + size])) + data[i : i + size] for i in range(0, len(data), size)
    )


def chopped(body: bytes, size: int, upto: int) -> bytes:
    """An envelope whose content comes in pieces; as many as fit into ``upto`` bytes."""
    info = cms.ContentInfo.load(body)
    encrypted = info["content"]["encrypted_content_info"]
    pieces = in_pieces(bytes(upto), size)[:upto]
    pieces = pieces[: len(pieces) // (size + 2) * (size + 2)]
    parts = encrypted["content_type"].dump() + encrypted["content_encryption_algorithm"].dump()
    content = b"\x30\x80" + parts + b"\xa0\x80" + pieces + b"\x00\x00" + b"\x00\x00"
    inside = info["content"]["version"].dump() + info["content"]["recipient_infos"].dump() + content
    whole = info["content_type"].dump() + b"\xa0\x80\x30\x80" + inside + b"\x00\x00" * 2
    return b"\x30\x80" + whole + b"\x00\x00"


@pytest.mark.parametrize("size", [1, 16])
@pytest.mark.parametrize("upto", [MOST_BER - 2_000, 4_000_000])
def test_a_million_little_pieces(seal: Seal, signed: list[bytes], post: Post, size: int, upto: int) -> None:
    body = chopped(encrypt(signed[0], read(post.our_encrypt)), size, upto)
    assert isinstance(outcome(seal, body), TransportFault)


def test_a_million_little_pieces_within(seal: Seal, post: Post) -> None:
    inside = b"\x30\x80" + b"\x04\x00" * 2_000_000 + b"\x00\x00"
    assert isinstance(outcome(seal, encrypt(inside, read(post.our_encrypt))), TransportFault)


@pytest.mark.parametrize("start", [b"\x30\x80", b"\x24\x80", b"\xa0\x80", b"\x30\x84\x00\x3d\x00\x00"])
def test_nested_without_end(seal: Seal, post: Post, start: bytes) -> None:
    for size in (40_000, 4_000_000):
        body = start * (size // len(start))
        assert isinstance(outcome(seal, body), TransportFault)
        assert isinstance(outcome(seal, encrypt(body, read(post.our_encrypt))), TransportFault)


@pytest.mark.parametrize("count", [100, 10_000])
def test_a_crowd_of_recipients(seal: Seal, post: Post, signed: list[bytes], count: int) -> None:
    """The one that is us comes last; each of the others is looked at, and none of them decrypted."""
    one = recipient(post.their_encrypt, os.urandom(32))
    assert isinstance(
        outcome(seal, envelope(signed[0], post.our_encrypt, recipients=[one] * count)), TransportFault
    )


def test_us_as_every_recipient(seal: Seal, post: Post, signed: list[bytes]) -> None:
    """Only the first is decrypted: it is our time that each of them would cost."""
    ours = [recipient(post.our_encrypt, os.urandom(32))] * 50
    assert isinstance(outcome(seal, envelope(signed[0], post.our_encrypt, recipients=ours)), TransportFault)


def test_a_crowd_of_certificates(seal: Seal, post: Post) -> None:
    crowd = [post.their_sign] * 2_000
    found = outcome(seal, encrypt(signed_data([signer(post.their_sign)], crowd), read(post.our_encrypt)))
    assert isinstance(found, TransportFault)


def test_a_key_whose_size_is_meant_to_keep_us_busy(seal: Seal, post: Post) -> None:
    public = rsa.RSAPublicNumbers(65537, (1 << 16_383) | 1).public_key()
    subject = post.their_sign.certificate.subject
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(public)
    builder = builder.serial_number(7).not_valid_before(BEFORE).not_valid_after(AFTER)
    large = Issued(builder.sign(post.their_sign.key, hashes.SHA256()), post.their_sign.key)
    inside = signed_data([signer(large)], [large])
    assert isinstance(outcome(seal, encrypt(inside, read(post.our_encrypt))), InvalidCertificate)


def test_compressed_content_is_not_unpacked(seal: Seal, post: Post) -> None:
    data = {"version": "v0", "compression_algorithm": {"algorithm": "zlib"}}
    inside = {"content_type": "data", "content": core.ParsableOctetString(b"x")}
    compressed = cms.CompressedData(data | {"encap_content_info": inside})
    body = cms.ContentInfo({"content_type": "compressed_data", "content": compressed}).dump()
    assert isinstance(outcome(seal, body), TransportFault)
    assert isinstance(outcome(seal, encrypt(body, read(post.our_encrypt))), TransportFault)


# --- what is told


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[EventDict]:
    """Every line that the seal logs from here on."""
    captured = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(None, processors=[captured])
    monkeypatch.setattr("adapter.seal.seal.log", logger)
    return captured.entries


def test_a_refusal_is_logged_with_the_certificate_and_the_sender_and_no_more(
    seal: Seal, post: Post, lines: list[EventDict]
) -> None:
    stranger = post.issue("Kari Nordmann, albue", SIGN)
    body = encrypt(sign(XML, own(stranger)), read(post.our_encrypt))
    assert isinstance(outcome(seal, body), InvalidCertificate)
    (line,) = lines
    assert line == {
        "event": "seal refused",
        "log_level": "warning",
        "reason": "transport:invalid-certificate",
        "her_id": "8093240",
        "thumbprint": read(stranger).thumbprint,
        "serial": f"{stranger.certificate.serial_number:x}",
    }


@pytest.mark.parametrize("sender", ["", "01017012345", "Kari Nordmann", "8093240\n{}"])
def test_what_is_no_her_id_is_not_logged(
    seal: Seal, post: Post, signed: list[bytes], lines: list[EventDict], sender: str
) -> None:
    with pytest.raises(TransportFault) as raised:
        unsealed(seal, encrypt(signed[0], read(post.our_encrypt)), sender=sender)
    assert sender == "" or sender not in str(raised.value) + repr(raised.value.data)
    (line,) = lines
    assert line["her_id"] is None
    assert set(line) <= TOLD


def test_each_refusal_has_its_line(
    seal: Seal, post: Post, signed: list[bytes], lines: list[EventDict]
) -> None:
    for body in (b"", signed[0], envelope(XML, post.our_encrypt), encrypt(XML, read(post.our_encrypt))):
        assert isinstance(outcome(seal, body), TransportFault)
    with pytest.raises(TransportFault):
        sealed(seal, receiver="12345")
    with pytest.raises(OwnFault):
        sealed(seal, now=AFTER)
    assert len(lines) == 6
    assert all(set(line) <= TOLD for line in lines)


def test_a_good_one_has_none(seal: Seal, post: Post, signed: list[bytes], lines: list[EventDict]) -> None:
    assert outcome(seal, encrypt(signed[0], read(post.our_encrypt))) == XML
    assert lines == []


def test_neither_content_nor_key_is_in_what_is_shown(seal: Seal, post: Post, signed: list[bytes]) -> None:
    shown = repr(unsealed(seal, encrypt(signed[0], read(post.our_encrypt)))) + repr(vars(seal))
    for secret in ("blåbær", "MsgHead", "PrivateKey"):
        assert secret not in shown


def test_a_reference_to_another_certificate_of_the_same_name(seal: Seal, post: Post) -> None:
    """Signed with a key of theirs, named as somebody else: the signature is checked with what is named."""
    sid = cms.SignerIdentifier("issuer_and_serial_number", reference(post.our_sign))
    inside = signed_data([signer(post.their_sign, sid=sid)], [post.our_sign, post.their_sign])
    assert isinstance(outcome(seal, encrypt(inside, read(post.our_encrypt))), TransportFault)
