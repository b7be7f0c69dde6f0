"""Counterparties out of the hub's own files: profiles and agreements, beside TOML or without. (A2, A7)"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapter.errors import KeysUnavailable, MissingCertificate
from adapter.seal.certificates import Use
from adapter.seal.register import PartiesInFiles
from tests.support.certificates import XML, read, sealed, unsealed
from tests.support.clinic import NOW, OTHER_OWNER, OWNER
from tests.support.envelopes import HUB, RESERVATION
from tools.certificates import ENCRYPT, SIGN
from tools.collaboration import CITIZEN, CLINIC, Side, write_agreement, write_profile

if TYPE_CHECKING:
    from pathlib import Path

    from adapter.seal import Party
    from tests.support.certificates import Post

DAY = timedelta(days=1)
ONE, ANOTHER = "51f0ad3e-7f3d-4b37-9d5e-2a0c6f1f9a10", "00000000-7f3d-4b37-9d5e-2a0c6f1f9a10"


@pytest.fixture
def hub(post: Post) -> Side:
    return Side(HUB, "Knutepunktet", CITIZEN, post.their_sign.certificate, post.their_encrypt.certificate)


@pytest.fixture
def us(post: Post) -> Side:
    return Side(OWNER, "Klinikken", CLINIC, post.our_sign.certificate, post.our_encrypt.certificate)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "others"
    folder.mkdir()
    return folder


def party(folder: Path) -> Party:
    found = PartiesInFiles(folder).find(HUB)
    assert found is not None
    return found


def put(folder: Path, hub: Side, us: Side, cpa_id: str = ONE, start: int = -9, end: int = 9) -> None:
    text = write_agreement(hub, us, cpa_id=cpa_id, start=NOW + start * DAY, end=NOW + end * DAY)
    (folder / f"{cpa_id}.xml").write_text(text, encoding="utf-8")


def test_a_profile_alone_is_enough_to_exchange_messages(post: Post, hub: Side, theirs: bytes) -> None:
    for file in (post.folder / "parties").iterdir():
        file.unlink()
    post.put("parties/hub.xml", write_profile(hub).encode())
    seal = post.open_seal()
    assert unsealed(seal, theirs).content == XML
    assert sealed(seal)


def test_so_is_an_agreement_and_the_file_may_be_the_setting(
    folder: Path, post: Post, hub: Side, us: Side
) -> None:
    put(folder, hub, us)
    found = PartiesInFiles(folder / f"{ONE}.xml").find(HUB)
    assert found is not None
    assert found.certificates == (read(post.their_sign), read(post.their_encrypt))
    assert found.name == "Knutepunktet"


def test_what_files_say_of_a_party_adds_up(folder: Path, post: Post, hub: Side, us: Side) -> None:
    (folder / "new.pem").write_bytes(post.issue("their-new", ENCRYPT).certificate_pem)
    (folder / "a.toml").write_text(
        f'[[party]]\nher_ids = ["{HUB}"]\ncertificates = ["new.pem"]\norganisation = "983658776"\n'
    )
    (folder / "hub.xml").write_text(write_profile(hub), encoding="utf-8")
    put(folder, hub, us)
    found = party(folder)
    assert found.organisation == "983658776"
    assert len(found.certificates) == 3
    assert found.profile is not None
    assert [one.id for one in found.agreements] == [ONE]


def test_an_entry_may_leave_its_certificates_to_the_profile(folder: Path, hub: Side) -> None:
    (folder / "a.toml").write_text(f'[[party]]\nher_ids = ["{HUB}"]\norganisation = "983658776"\n')
    with pytest.raises(KeysUnavailable, match=f"a.toml: the party {HUB} has no certificates"):
        PartiesInFiles(folder)
    (folder / "hub.xml").write_text(write_profile(hub), encoding="utf-8")
    assert len(party(folder).certificates) == 2


def test_a_profile_that_is_replaced_is_read_without_a_restart(post: Post, hub: Side, theirs: bytes) -> None:
    post.put("parties/parties.toml", b'[[party]]\nher_ids = ["1"]\ncertificates = ["8093240-1.pem"]\n')
    post.put("parties/hub.xml", write_profile(replace(hub, her_id="777")).encode())
    seal = post.open_seal()
    with pytest.raises(MissingCertificate):
        unsealed(seal, theirs)
    post.put("parties/hub.xml", write_profile(hub).encode())
    assert unsealed(seal, theirs).content == XML
    post.put("parties/hub.xml", b"<half")
    assert unsealed(seal, theirs).content == XML, "what cannot be read changes nothing"


def test_a_file_without_sense_is_named_with_its_line(folder: Path, hub: Side) -> None:
    (folder / "hub.xml").write_text(write_profile(hub).replace(f">{HUB}<", "><"), encoding="utf-8")
    with pytest.raises(KeysUnavailable, match=r"hub\.xml, line 2: PartyInfo has no PartyId"):
        PartiesInFiles(folder)


def test_a_party_has_one_profile(folder: Path, hub: Side) -> None:
    for name in ("new", "old"):
        (folder / f"{name}.xml").write_text(write_profile(hub), encoding="utf-8")
    with pytest.raises(KeysUnavailable, match=r"two profiles, new\.xml, line 2 and old\.xml, line 2"):
        PartiesInFiles(folder)


def test_a_certificate_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "a.toml").write_text(f'[[party]]\nher_ids = ["{HUB}"]\ncertificates = ["a.pem"]\n')
    (folder / "a.pem").write_bytes(b"\x30\x00")
    with pytest.raises(KeysUnavailable):
        PartiesInFiles(folder)


# --- which certificate is for what


@pytest.fixture
def both(post: Post) -> object:
    """A certificate that may sign and be encrypted for."""
    from tests.support.certificates import key

    return post.middle.issue(
        "both", [SIGN, ENCRYPT], post.before, post.after, key=key("their-both")
    ).certificate


def test_a_profile_says_which_of_two_able_ones_is_for_what(
    folder: Path, post: Post, hub: Side, both: object
) -> None:
    (folder / "hub.xml").write_text(write_profile(replace(hub, sign=both)), encoding="utf-8")
    found = party(folder)
    assert found.for_encrypting == (read(post.their_encrypt),), "the other one is named to sign with"
    assert len(found.certificates_for(Use.SIGN)) == 1
    (folder / "hub.xml").write_text(write_profile(replace(hub, encrypt=both)), encoding="utf-8")
    found = party(folder)
    (encrypts,) = found.for_encrypting
    assert not found.may_be_signed_for_by(encrypts)
    assert found.may_be_signed_for_by(read(post.their_sign))


def test_a_profile_that_does_not_say_leaves_it_to_the_key_usage(
    folder: Path, hub: Side, both: object
) -> None:
    text = write_profile(replace(hub, sign=both, refers=False))
    (folder / "hub.xml").write_text(text, encoding="utf-8")
    assert len(party(folder).for_encrypting) == 2


def test_a_profile_that_says_what_cannot_be_is_not_listened_to(folder: Path, post: Post, hub: Side) -> None:
    """There are such: they name the certificate to encrypt with to sign with as well."""
    text = write_profile(hub).replace(
        'SigningCertificateRef tns:certId="sign"', 'SigningCertificateRef tns:certId="enc"'
    )
    (folder / "hub.xml").write_text(text, encoding="utf-8")
    assert party(folder).may_be_signed_for_by(read(post.their_sign))


def test_two_agreements_may_name_different_ones(folder: Path, hub: Side, us: Side, both: object) -> None:
    put(folder, hub, us)
    put(folder, replace(hub, encrypt=both), us, ANOTHER)
    assert len(party(folder).for_encrypting) == 2


# --- what is agreed


def test_the_newest_agreement_that_applies_is_the_one(folder: Path, hub: Side, us: Side) -> None:
    put(folder, hub, us, ONE, -9, 9)
    put(folder, hub, us, ANOTHER, -1, 20)
    found = party(folder)
    moments = {-10: None, -2: ONE, 0: ANOTHER, 15: ANOTHER, 21: None}
    for days, cpa_id in moments.items():
        agreement = found.agreement_with(OWNER, NOW + days * DAY)
        assert (agreement and agreement.id) == cpa_id
    assert found.agreement_with(OTHER_OWNER, NOW) is None


def test_an_agreement_goes_before_a_profile_for_as_long_as_it_applies(
    folder: Path, hub: Side, us: Side
) -> None:
    (folder / "hub.xml").write_text(write_profile(replace(hub, processes=())), encoding="utf-8")
    put(folder, hub, us)
    found = party(folder)
    assert found.supports(RESERVATION, OWNER, NOW)
    assert not found.supports(RESERVATION, OWNER, NOW + 10 * DAY)
    assert not found.supports(RESERVATION, OTHER_OWNER, NOW)


def test_of_a_party_without_a_profile_nothing_is_held_against_it(post: Post) -> None:
    assert party(post.folder / "parties").supports(RESERVATION, OWNER, NOW)
