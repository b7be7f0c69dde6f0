"""What is asked of a certificate, each with the condition that its owner is told. (A3, A6)"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from adapter.errors import ExpiredCertificate, InvalidCertificate, TransportFault, UnverifiedCertificate
from adapter.seal.certificates import Use, read_certificate
from adapter.seal.encryption import encrypt
from adapter.seal.signature import sign
from tests.support.certificates import AFTER, BEFORE, XML, key, own, read, sealed, unsealed
from tests.support.clinic import NOW
from tests.support.envelopes import HUB
from tools.certificates import ENCRYPT, ISSUE, SIGN, Authority, Issued

if TYPE_CHECKING:
    from tests.support.certificates import Post

DAY = timedelta(days=1)
CONDITIONS = {
    ExpiredCertificate: "transport:expired-certificate",
    InvalidCertificate: "transport:invalid-certificate",
    UnverifiedCertificate: "transport:unverified-certificate",
}


def signed_by(post: Post, one: Issued) -> bytes:
    """A message from them, with this certificate registered as theirs."""
    post.register(one, post.their_encrypt)
    return encrypt(sign(XML, own(one)), read(post.our_encrypt))


def check_refused(post: Post, one: Issued, kind: type[TransportFault]) -> None:
    """The one who signs is told, and so is the one who cannot be answered."""
    body = signed_by(post, one)
    with pytest.raises(kind) as raised:
        unsealed(post.open_seal(), body)
    assert (type(raised.value), raised.value.data) == (kind, (read(one).thumbprint,))
    assert raised.value.condition == CONDITIONS[kind]


@pytest.mark.parametrize("use", [SIGN, ENCRYPT])
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"start": BEFORE, "end": NOW - DAY}, ExpiredCertificate),
        ({"start": NOW + DAY, "end": AFTER}, ExpiredCertificate),
        ({"start": BEFORE, "end": NOW - timedelta(seconds=1)}, ExpiredCertificate),
    ],
)
def test_a_certificate_is_good_for_its_time(
    post: Post, use: str, changes: dict[str, Any], kind: type[TransportFault]
) -> None:
    one = post.issue("theirs", use, **changes)
    if use == SIGN:
        check_refused(post, one, kind)
        return
    post.register(post.their_sign, one)
    with pytest.raises(kind) as raised:
        sealed(post.open_seal())
    assert raised.value.condition == CONDITIONS[kind]


def test_to_the_last_second(post: Post) -> None:
    for changes in ({"start": NOW}, {"end": NOW}):
        one = post.issue("theirs", SIGN, **changes)
        assert unsealed(post.open_seal(), signed_by(post, one)).content == XML


@pytest.mark.parametrize("uses", [[ENCRYPT], ["digital_signature"], []])
def test_signing_takes_non_repudiation(post: Post, uses: list[str]) -> None:
    one = post.middle.issue("theirs", uses, BEFORE, AFTER, key=key("theirs"))
    check_refused(post, one, InvalidCertificate)


@pytest.mark.parametrize("uses", [[SIGN], ["data_encipherment"], []])
def test_encrypting_takes_key_encipherment(post: Post, uses: list[str]) -> None:
    post.register(post.their_sign, post.middle.issue("theirs", uses, BEFORE, AFTER, key=key("theirs")))
    with pytest.raises(TransportFault) as raised:
        sealed(post.open_seal())
    assert raised.value.condition == "transport:missing-certificate"


def test_one_certificate_may_be_for_both(post: Post) -> None:
    both = post.middle.issue("theirs", [SIGN, ENCRYPT], BEFORE, AFTER, key=key("theirs"))
    post.register(both)
    seal = post.open_seal()
    assert unsealed(seal, encrypt(sign(XML, own(both)), read(post.our_encrypt))).content == XML
    assert sealed(seal)


@pytest.mark.parametrize("bits", [1024, 1536, 2047])
def test_a_short_key_is_not_encrypted_for(post: Post, bits: int) -> None:
    post.register(post.their_sign, post.issue("short", ENCRYPT, key=key("short", bits)))
    with pytest.raises(InvalidCertificate):
        sealed(post.open_seal())


def test_a_key_that_is_not_rsa(post: Post) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    made = post.middle.issue("theirs", [ENCRYPT], BEFORE, AFTER, key=curve)  # type: ignore[arg-type]
    post.register(post.their_sign, made)
    with pytest.raises(InvalidCertificate):
        sealed(post.open_seal())


# --- who stands behind it


def test_a_certificate_of_somebody_whom_we_do_not_trust(post: Post) -> None:
    elsewhere = Authority("Root", BEFORE, key=key("another root"))
    check_refused(post, post.issue("theirs", SIGN, by=elsewhere), UnverifiedCertificate)


def test_a_certificate_that_stands_for_itself(post: Post) -> None:
    itself = Authority("Their own", BEFORE, key=key("theirs"))
    check_refused(post, post.issue("theirs", SIGN, by=itself), UnverifiedCertificate)


def test_the_message_may_bring_the_authorities_in_between(post: Post) -> None:
    below = Authority("Below", BEFORE, post.middle, key=key("below"))
    one = post.issue("theirs", SIGN, by=below)
    post.put("revocation/below.crl", below.revocation_list(NOW))
    assert unsealed(post.open_seal(), signed_by(post, one)).content == XML
    alone = Issued(one.certificate, one.key)
    check_refused(post, alone, UnverifiedCertificate)


def test_a_root_that_comes_with_the_message_is_nothing(post: Post) -> None:
    elsewhere = Authority("Elsewhere", BEFORE, key=key("another root"))
    one = post.issue("theirs", SIGN, by=elsewhere)
    check_refused(post, Issued(one.certificate, one.key, (elsewhere.certificate,)), UnverifiedCertificate)


@pytest.mark.parametrize(
    ("uses", "constraints"),
    [
        ([ENCRYPT], []),
        ([ENCRYPT, ISSUE], []),
        ([ENCRYPT, ISSUE], [(x509.BasicConstraints(ca=False, path_length=None), True)]),
        ([ENCRYPT], [(x509.BasicConstraints(ca=True, path_length=None), True)]),
    ],
)
def test_an_ordinary_certificate_issues_none(
    post: Post, uses: list[str], constraints: list[tuple[x509.ExtensionType, bool]]
) -> None:
    made = key("pretender")
    ordinary = post.middle.issue("Pretender", uses, BEFORE, AFTER, key=made, extensions=constraints)
    pretended = Authority("Pretender", BEFORE, key=made)
    pretended.certificate = ordinary.certificate
    one = pretended.issue("theirs", [SIGN], BEFORE, AFTER, key=key("theirs"))
    check_refused(post, Issued(one.certificate, one.key, (ordinary.certificate,)), UnverifiedCertificate)


def test_an_authority_that_has_expired(post: Post) -> None:
    old = Authority("Old", BEFORE, post.root, key=key("old"), lasts=timedelta(days=5))
    check_refused(post, post.issue("theirs", SIGN, by=old), UnverifiedCertificate)


def test_something_critical_that_nobody_knows(post: Post) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    one = post.issue("theirs", SIGN, extensions=[(strange, True)])
    check_refused(post, one, UnverifiedCertificate)
    assert (
        unsealed(
            post.open_seal(), signed_by(post, post.issue("theirs", SIGN, extensions=[(strange, False)]))
        ).content
        == XML
    )


def test_a_digest_of_yesterday_under_a_certificate(post: Post) -> None:
    """``cryptography`` makes no such certificate any more, so it is cut to size."""
    one = post.issue("theirs", SIGN)
    sha256, sha1 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
    der = one.certificate.public_bytes(Encoding.DER).replace(sha256, sha1)
    tbs = x509.load_der_x509_certificate(der)
    signature = post.middle.key.sign(tbs.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA1())
    der = der.replace(one.certificate.signature, signature)
    check_refused(post, Issued(x509.load_der_x509_certificate(der), one.key), UnverifiedCertificate)


# --- whose it is


def test_any_certificate_of_the_organisation_if_that_is_agreed(post: Post) -> None:
    theirs = post.issue("theirs", SIGN, organisation="983658776")
    body = encrypt(sign(XML, own(theirs)), read(post.our_encrypt))
    post.register(post.their_sign, post.their_encrypt)
    with pytest.raises(InvalidCertificate):
        unsealed(post.open_seal(), body)
    post.register(post.their_sign, post.their_encrypt, organisation="983658776")
    assert unsealed(post.open_seal(), body).content == XML


def test_and_none_of_another_organisation(post: Post) -> None:
    post.register(post.their_sign, post.their_encrypt, organisation="983658776")
    for organisation in ("983658777", None):
        other = post.issue("theirs", SIGN, organisation=organisation)
        with pytest.raises(InvalidCertificate):
            unsealed(post.open_seal(), encrypt(sign(XML, own(other)), read(post.our_encrypt)))


def test_the_organisations_certificate_has_to_be_trusted(post: Post) -> None:
    elsewhere = Authority("Authority", BEFORE, key=key("another root"))
    made = post.issue("theirs", SIGN, by=elsewhere, organisation="983658776")
    post.register(post.their_sign, post.their_encrypt, organisation="983658776")
    with pytest.raises(UnverifiedCertificate):
        unsealed(post.open_seal(), encrypt(sign(XML, own(made)), read(post.our_encrypt)))


@pytest.mark.parametrize(
    ("oid", "text", "number"),
    [
        (NameOID.ORGANIZATION_IDENTIFIER, "NTRNO-983658776", "983658776"),
        (NameOID.SERIAL_NUMBER, "983658776", "983658776"),
        (NameOID.SERIAL_NUMBER, "UN:NO-9578-4050-127091783", None),
        (NameOID.ORGANIZATION_IDENTIFIER, "NTRSE-983658776", None),
        (NameOID.COMMON_NAME, "983658776", None),
    ],
)
def test_where_the_organisation_number_stands(
    post: Post, oid: x509.ObjectIdentifier, text: str, number: str
) -> None:
    builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(oid, text)]))
    builder = builder.issuer_name(post.middle.certificate.subject).public_key(key("theirs").public_key())
    builder = builder.serial_number(5).not_valid_before(BEFORE).not_valid_after(AFTER)
    assert read_certificate(builder.sign(post.middle.key, hashes.SHA256())).organisation == number


def test_the_newest_good_certificate_is_encrypted_for(post: Post) -> None:
    newer = post.issue("newer", ENCRYPT, start=NOW - DAY)
    not_yet = post.issue("not-yet", ENCRYPT, start=NOW + DAY)
    post.register(post.their_sign, post.their_encrypt, not_yet, newer)
    seal = post.open_seal()
    assert seal._certificate_of(HUB, NOW) == read(newer)
    assert seal._certificate_of(HUB, NOW + DAY) == read(not_yet)
    post.revoke(newer.certificate, lasts=timedelta(days=30))
    assert post.open_seal()._certificate_of(HUB, NOW) == read(post.their_encrypt)


def test_what_it_says_of_itself_has_no_secret_in_it(post: Post) -> None:
    assert {Use.SIGN} == read(post.their_sign).uses
    shown = repr(read(post.their_sign)) + repr(own(post.our_sign))
    assert "PrivateKey" not in shown
    assert "BEGIN" not in shown
    assert read(post.their_sign).thumbprint in shown
