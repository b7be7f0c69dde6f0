"""``timebok parties check``: each thing that can be wrong is said once, with what to do; the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes

from tests.support.certificates import AFTER, key, read
from tests.support.clinic import NOW, OTHER_OWNER, OWNER
from tests.support.envelopes import HUB
from tests.unit.upkeep.conftest import DAY
from tools.certificates import ENCRYPT, SIGN, Authority, Issued
from tools.collaboration import PROCESSES

if TYPE_CHECKING:
    from tests.unit.upkeep.conftest import Clinic

ELSEWHERE = "Dialog_Innbygger_Ekonsultasjon"  # a process that somebody else serves


def test_where_all_fits_nothing_is_said(clinic: Clinic) -> None:
    clinic.agree()
    assert clinic.check() == (0, [])
    done = clinic.run("check")
    assert done.stdout == "Parties: 2 of ours, 1 of others. Problems: 0. Warnings: 0.\n"


def test_every_line_says_whom_where_and_what_to_do(clinic: Clinic) -> None:
    clinic.agree(end=NOW - DAY)
    clinic.post.register(clinic.post.their_sign)
    status, lines = clinic.check()
    assert status == 1
    assert lines
    assert all(one["her_id"] and one["where"] and one["what"] and one["do"] for one in lines)
    told = [line for line in clinic.run("check").stdout.splitlines() if line.startswith("problem: ")]
    assert len(told) == sum(one["level"] == "problem" for one in lines)


# --- certificates


def test_what_expires_soon_is_a_warning_and_no_failure(clinic: Clinic) -> None:
    days = (AFTER - NOW).days
    assert clinic.check("--days", str(days - 1)) == (0, [])
    said = clinic.said("warning", "--days", str(days + 1))
    assert len(said) == 2 * 3, "of two parties of ours and one other"
    assert all("expires on 2028-02-29" in one for one in said)


@pytest.mark.parametrize("use", [SIGN, ENCRYPT])
@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(-90, -1, "expired on 2027-02-28"), (1, 90, "is not valid before 2027-03-02")],
)
def test_ours_that_is_not_valid_now(clinic: Clinic, use: str, start: int, end: int, words: str) -> None:
    one = clinic.post.issue("old", use, start=NOW + start * DAY, end=NOW + end * DAY)
    clinic.post.put(f"keys/{'sign' if use == SIGN else 'encrypt'}.pem", one.pem())
    said = clinic.said("problem")
    assert len(said) == 2, "for each party of ours"
    assert all(words in line for line in said)


@pytest.mark.parametrize("use", [SIGN, ENCRYPT])
def test_theirs_that_has_expired(clinic: Clinic, use: str) -> None:
    post = clinic.post
    old = post.issue("old", use, end=NOW - DAY)
    post.register(*((old, post.their_encrypt) if use == SIGN else (post.their_sign, old)))
    (said,) = clinic.said("problem")
    assert "expired on 2027-02-28" in said


def test_an_old_one_beside_its_successor_is_nobodys_concern(clinic: Clinic) -> None:
    post = clinic.post
    post.put("keys/old.pem", post.issue("old", SIGN, end=NOW - DAY).pem())
    post.register(post.their_sign, post.their_encrypt, post.issue("old", ENCRYPT, end=NOW - DAY))
    assert clinic.check() == (0, [])


def test_a_revoked_one_is_told_even_beside_a_good_one(clinic: Clinic) -> None:
    post = clinic.post
    gone = post.issue("gone", ENCRYPT)
    post.register(post.their_sign, post.their_encrypt, gone)
    post.revoke(gone.certificate)
    (said,) = clinic.said("problem")
    assert "is revoked" in said


def test_one_of_ours_that_is_revoked(clinic: Clinic) -> None:
    clinic.post.revoke(clinic.post.our_sign.certificate)
    assert ["is revoked" in one for one in clinic.said("problem")] == [True, True]


def test_one_that_nobody_stands_behind(clinic: Clinic) -> None:
    post = clinic.post
    stranger = Authority("Stranger", post.before, key=key("stranger"))
    post.register(post.their_sign, post.issue("theirs-strange", ENCRYPT, by=stranger))
    (said,) = clinic.said("problem")
    assert "No issuer that we trust" in said


def test_a_list_that_has_run_out(clinic: Clinic) -> None:
    stale = clinic.post.middle.revocation_list(NOW - 9 * DAY, lasts=DAY)
    clinic.post.put("revocation/middle.crl", stale)
    said = clinic.said("problem")
    assert len(said) == 2, "theirs to sign and theirs to encrypt with; ours are not for us to judge"
    assert all("No current revocation list" in one for one in said)


def test_nothing_to_encrypt_with(clinic: Clinic) -> None:
    clinic.post.register(clinic.post.their_sign)
    assert clinic.said("problem") == ["there is no certificate to encrypt with"]


def test_a_key_usage_that_allows_nothing(clinic: Clinic) -> None:
    post = clinic.post
    post.register(post.their_sign, post.their_encrypt, post.issue("useless", "digital_signature"))
    (said,) = clinic.said("problem")
    assert "allows neither to sign nor to encrypt" in said


def test_any_of_their_organisation_may_sign(clinic: Clinic) -> None:
    clinic.post.register(clinic.post.their_encrypt, organisation="983658776")
    assert clinic.check() == (0, [])


def test_a_party_of_ours_without_a_key(clinic: Clinic) -> None:
    for name in ("sign", "encrypt"):
        file = clinic.post.folder / "keys" / f"{name}.pem"
        (file.parent / OWNER).mkdir(exist_ok=True)
        file.rename(file.parent / OWNER / file.name)
    status, lines = clinic.check()
    assert status == 1
    assert {one["her_id"] for one in lines} == {OTHER_OWNER}
    assert {one["what"] for one in lines} == {
        "there is no key to sign with",
        "there is no key to encrypt with",
    }


def test_a_key_whose_certificate_is_another(clinic: Clinic) -> None:
    post = clinic.post
    post.put("keys/sign.pem", Issued(post.their_sign.certificate, post.our_sign.key).pem())
    (said,) = clinic.said("problem")
    assert "no certificate belongs to the key in sign.pem" in said


def test_a_certificate_without_its_key_and_keys_of_nobody(clinic: Clinic) -> None:
    post = clinic.post
    post.put("keys/new.pem", post.issue("new", SIGN).certificate_pem)
    (post.folder / "keys" / "777").mkdir()
    post.put("keys/777/sign.pem", post.issue("other", SIGN).pem())
    said = clinic.said("warning")
    assert [one.split(" certificate ")[0] for one in said[:-1]] == ["there is no key for the"] * 2
    assert said[-1] == "it has keys of its own, and is no party of ours"


def test_a_party_without_calendars(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEBOK_HER_IDS", f"{OWNER},777")
    assert clinic.said("warning") == ["it has no calendars"]


# --- what cannot be read


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("parties/more.toml", f'[[party]]\nher_ids = ["{HUB}"]\ncertificates = []\n', "is there twice, in"),
        ("parties/more.toml", "[[party]]\nher_ids = []\n", "more.toml: party.0.her_ids"),
        ("parties/more.toml", "no TOML", "more.toml is not TOML"),
        ("parties/hub.xml", "<a/>", "hub.xml, line 1: its root is not"),
        ("keys/sign.pem", "-----BEGIN", "KeyFilesWrong"),
        ("authorities/middle.pem", "-----BEGIN ", "middle.pem: the PEM text breaks off"),
        ("authorities/middle.pem", "no PEM", "middle.pem: there is no certificate in it that can be read"),
        (f"parties/{HUB}-1.pem", "no PEM", f"{HUB}-1.pem: there is no certificate in it that can be read"),
        ("revocation/middle.crl", "no list", "middle.crl: it is no revocation list that can be read"),
    ],
)
def test_what_cannot_be_read_is_said_and_hides_nothing_else(
    clinic: Clinic, name: str, data: str, told: str
) -> None:
    clinic.post.put(name, data.encode())
    status, lines = clinic.check()
    assert status == 1
    faults = [one["what"] for one in lines if one["where"] == "the settings of the seal"]
    assert len(faults) == 1
    assert told.replace("KeyFilesWrong", "sign.pem cannot be read") in faults[0]


def test_keys_that_cannot_be_read_are_not_said_to_be_missing_from_an_agreement(clinic: Clinic) -> None:
    clinic.agree()
    clinic.post.put("keys/sign.pem", b"-----BEGIN")
    (problem,) = clinic.said("problem")
    assert "sign.pem cannot be read" in problem


def test_a_passphrase_that_is_not_there_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEBOK_SEAL_PASSPHRASE_FILE", "/nowhere/passphrase")
    (problem,) = clinic.said("problem")
    assert problem.endswith("cannot be read: No such file or directory: /nowhere/passphrase")


@pytest.mark.parametrize(("use", "first"), [(SIGN, "have the hub register"), (ENCRYPT, "put the new key")])
def test_the_first_thing_to_do_about_a_key_is_what_loses_no_answer(
    clinic: Clinic, use: str, first: str
) -> None:
    """What the hub does not know it refuses; what we cannot open we refuse. (A3)"""
    name = "sign" if use == SIGN else "encrypt"
    clinic.post.put(f"keys/{name}.pem", clinic.post.issue(f"our-{name}", use, end=NOW + DAY).pem())
    assert {one["do"].startswith(first) for one in clinic.check()[1]} == {True}


def test_an_authority_that_expires_soon_is_a_warning(clinic: Clinic) -> None:
    """With it goes everybody that it stands behind."""
    post = clinic.post
    soon = Authority("Authority", NOW, post.root, key=key("middle"), lasts=20 * DAY)
    post.put("authorities/middle.pem", soon.pem)
    name = soon.certificate.fingerprint(hashes.SHA256()).hex()[:16]
    assert clinic.said("warning") == [f"the certificate {name} of an authority expires on 2027-03-21"]
    assert clinic.check("--days", "10") == (0, [])
    post.put("authorities/next.pem", post.middle.pem)
    assert clinic.check() == (0, []), "a successor of the same name lies beside it"


# --- agreements


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end": NOW - DAY}, f"the agreement with {HUB} has ended on 2027-02-28"),
        ({"start": NOW + DAY}, f"the agreement with {HUB} does not begin before 2027-03-02"),
        ({"us": {"her_id": "777"}}, f"an agreement between {HUB} and 777, and neither is a party of ours"),
        (
            {"us": {"queues": {"async": "inn"}}},
            f"our async queue is inn there, and timebok reads {OWNER}_async",
        ),
        (
            {"us": {"processes": (*PROCESSES, ELSEWHERE)}},
            f"{ELSEWHERE} is agreed, and timebok does not serve it: such messages are refused",
        ),
        (
            {"hub": {"processes": [ELSEWHERE]}},
            "it has no process that we serve, so every message of theirs is refused",
        ),
    ],
)
def test_an_agreement_that_does_not_fit(clinic: Clinic, changes: dict[str, Any], words: str) -> None:
    if changes.get("us", {}).get("her_id"):
        clinic.agree(**changes)
        assert words in clinic.said_among_problems()
        return
    clinic.agree(**changes)
    assert clinic.said("problem") == [words]


def test_an_agreement_that_ends_soon_and_one_that_goes_on(clinic: Clinic) -> None:
    clinic.agree(end=NOW + 20 * DAY)
    assert clinic.said("warning") == [f"the agreement with {HUB} ends on 2027-03-21"]
    assert clinic.check("--days", "10") == (0, [])
    later = "00000000-7f3d-4b37-9d5e-2a0c6f1f9a10"
    clinic.agree("later", cpa_id=later, start=NOW + 10 * DAY)
    assert clinic.check() == (0, [])


def test_an_ended_one_beside_one_in_force_is_nobodys_concern(clinic: Clinic) -> None:
    clinic.agree()
    clinic.agree("old", cpa_id="00000000-7f3d-4b37-9d5e-2a0c6f1f9a10", end=NOW - DAY)
    assert clinic.check() == (0, [])


@pytest.mark.parametrize("use", [SIGN, ENCRYPT])
def test_an_agreement_with_a_certificate_of_ours_that_has_no_key(clinic: Clinic, use: str) -> None:
    other = clinic.post.issue("lost", use).certificate
    clinic.agree(us={"sign" if use == SIGN else "encrypt": other})
    (said,) = clinic.said("problem")
    assert said.startswith("they expect us to sign with" if use == SIGN else "they encrypt for")


def test_a_new_key_that_signs_before_they_know_of_it_is_a_warning(clinic: Clinic) -> None:
    """They refuse what another certificate has signed than the one that is registered. (A3)"""
    clinic.agree()
    new = clinic.post.issue("our-new-sign", SIGN, start=NOW - DAY)
    clinic.post.put("keys/new.pem", new.pem())
    name = read(new).thumbprint[:16]
    assert clinic.said("warning") == [f"we sign with {name}, and they expect another certificate"]
    clinic.post.put("keys/new.pem", clinic.post.issue("our-new-sign", SIGN, start=NOW + DAY).pem())
    assert clinic.check() == (0, []), "one that is not valid yet does not sign"


def test_a_process_that_they_do_not_have_is_a_warning(clinic: Clinic) -> None:
    clinic.profile(processes=["Dialog_Innbygger_Timereservasjon", "Dialog_Innbygger_BehandlerOversikt"])
    (said,) = clinic.said("warning")
    assert said.startswith("it does not have DIALOG_INNBYGGER_AVTALEAVBESTILLING, which we serve")


def test_a_queue_of_theirs_that_is_called_otherwise_is_a_warning(clinic: Clinic) -> None:
    clinic.profile(queues={"async": "inn", "sync": "also-called-otherwise"})
    (said,) = clinic.said("warning")
    assert said.startswith(f"its async queue is inn, and what has no reply-to is answered on {HUB}_async")


def test_a_reference_that_the_key_usage_does_not_allow_is_a_warning(clinic: Clinic) -> None:
    clinic.profile(sign=clinic.hub.encrypt, encrypt=clinic.hub.encrypt)
    (said,) = clinic.said("warning")
    assert said == "it is named to sign with, and its key usage does not allow that"


# --- without a seal


def test_without_a_seal_it_says_so(unsealed: Clinic) -> None:
    (said,) = unsealed.said("warning")
    assert said.startswith("no seal is set")
    assert "2 of ours, 0 of others" in unsealed.run("check").stdout
