"""What stands in a collaboration profile or agreement, and what is said of one without sense. (A1, A7)"""

from __future__ import annotations

import random
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapter.agreements import Agreement, Profile, ProfileUnreadable, read_file
from adapter.agreements.reading import read
from adapter.message import Lane
from tests.support.certificates import AFTER, BEFORE
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import HUB
from tests.unit.agreements.conftest import CPA_ID
from tools.collaboration import CITIZEN, PROCESSES, write_profile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.agreements.conftest import Sides


def profile(text: str) -> Profile:
    found = read(text.encode(), "hub.xml")
    assert isinstance(found, Profile)
    return found


def agreement(text: str) -> Agreement:
    found = read(text.encode(), "hub.xml")
    assert isinstance(found, Agreement)
    return found


def complaint(body: bytes | str) -> str:
    with pytest.raises(ProfileUnreadable) as raised:
        read(body.encode() if isinstance(body, str) else body, "hub.xml")
    assert raised.value.__cause__ is None
    return str(raised.value)


# --- what is in one


def test_a_profile_says_who_it_is_about(sides: Sides) -> None:
    found = profile(sides.profile())
    assert (found.her_id, found.name, found.place) == (HUB, "Knutepunktet", "hub.xml, line 2")


def test_its_processes_with_version_role_and_actions(sides: Sides) -> None:
    found = {one.name: one for one in profile(sides.profile()).processes}
    assert set(found) == set(PROCESSES)
    one = found["Dialog_Innbygger_Timereservasjon"]
    assert (one.version, one.role) == ("1.2", CITIZEN)
    assert one.sends == ("HentLedigeTimer", "ReserverAvtale", "AvbestillAvtale", "Apprec")
    assert one.receives == ("SvarLedigeTimer", "SvarAvtaleReservasjon", "Apprec")


def test_an_action_that_is_answered_at_once_holds_its_answer(sides: Sides) -> None:
    """CPPA 2.0 puts the one within the other where both use one connection."""
    nested = re.sub(
        r"(<tns:CanSend>.*?)(</tns:CanSend>)",
        r"\1<tns:CanReceive><tns:ThisPartyActionBinding "
        r'tns:action="Straks"/></tns:CanReceive>\2',
        sides.profile(),
        count=1,
    )
    one = profile(nested).processes[0]
    assert "Straks" in one.receives
    assert "Straks" not in one.sends


@pytest.mark.parametrize(
    ("function", "supported"),
    [("DIALOG_INNBYGGER_TIMERESERVASJON", True), ("DIALOG_INNBYGGER_EKONSULTASJON", False)],
)
def test_a_process_is_known_by_the_message_function(sides: Sides, function: str, supported: bool) -> None:
    assert profile(sides.profile()).supports(function) is supported


def test_its_queues_are_what_follows_the_last_slash(sides: Sides) -> None:
    hub = replace(sides.hub, queues={"sync": "innbygger-nu", "error": f"{HUB}_feil"})
    found = profile(write_profile(hub)).queues
    assert [(one.lane, one.name) for one in found] == [
        (Lane.ASYNC, f"{HUB}_async"),
        (Lane.SYNC, "innbygger-nu"),
        (Lane.ERROR, f"{HUB}_feil"),
    ]


def test_channels_that_do_not_say_are_known_by_the_name_of_their_queue(sides: Sides) -> None:
    silent = re.sub(r' tns:syncReplyMode="\w+"', "", sides.profile())
    assert [one.lane for one in profile(silent).queues] == [Lane.ASYNC, Lane.SYNC]


def test_what_is_reached_by_mail_is_no_queue(sides: Sides) -> None:
    mailed = sides.profile().replace(">AMQP<", ">SMTP<", 1)
    assert [one.name for one in profile(mailed).queues] == [f"{HUB}_sync"]


def test_its_certificates_and_what_the_exchanges_use_them_for(sides: Sides) -> None:
    found = profile(sides.profile()).certificates
    assert [(one.certificate, one.signs, one.encrypts) for one in found] == [
        (sides.hub.sign, True, False),
        (sides.hub.encrypt, False, True),
    ]


def test_exchanges_may_be_empty(sides: Sides) -> None:
    found = profile(write_profile(replace(sides.hub, refers=False))).certificates
    assert [(one.signs, one.encrypts) for one in found] == [(False, False)] * 2


def test_attributes_may_be_without_a_prefix(sides: Sides) -> None:
    plain = re.sub(r" tns:(?=\w+=)", " ", sides.agreement())
    assert agreement(plain).parties == agreement(sides.agreement()).parties


def test_an_agreement_has_an_id_a_time_and_two_sides(sides: Sides) -> None:
    found = agreement(sides.agreement(cpa_id=CPA_ID.upper()))
    assert (found.id, found.status) == (CPA_ID, "agreed")
    assert (found.start, found.end) == (BEFORE, AFTER)
    sides_of_it = [found.side(her_id) for her_id in (HUB, OWNER)]
    assert sides_of_it == list(found.parties)
    assert found.side("777") is None


def test_it_applies_from_its_start_to_its_end(sides: Sides) -> None:
    found = agreement(sides.agreement(start=NOW, end=NOW + timedelta(days=1)))
    moments = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(days=1), NOW + timedelta(days=1, seconds=1)]
    assert [found.applies(moment) for moment in moments] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-01T08:00:00+01:00", NOW),
        ("2027-03-01T07:00:00.0000000Z", NOW),
        ("2027-03-01T07:00:00", NOW),
        ("9999-12-31T23:59:59.9999999", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_moments_as_registers_write_them(sides: Sides, text: str, moment: datetime) -> None:
    written = re.sub("<tns:End>.*<", f"<tns:End>{text}<", sides.agreement(start=BEFORE - timedelta(days=9)))
    assert agreement(written).end == moment


def test_a_file_is_read_as_its_bytes_are(sides: Sides, tmp_path: Path) -> None:
    file = tmp_path / "hub.xml"
    file.write_text(sides.profile(), encoding="utf-8")
    assert read_file(file) == profile(sides.profile())


# --- what makes no sense


BROKEN: dict[str, tuple[str, str, str]] = {
    "not a date": ("<tns:Start>.*?<", "<tns:Start>i morgen<", "line 3: Start is not a date with a time"),
    "no such day": ("<tns:End>.*?<", "<tns:End>2027-02-30T00:00:00Z<", "line 4: End is not a date"),
    "before time": ("<tns:End>.*?<", "<tns:End>0001-01-01T00:00:00+14:00<", "line 4: End is not a date"),
    "no end": ("<tns:End>.*?</tns:End>", "", "line 1: End is not a date"),
    "backwards": ("<tns:End>.*?<", "<tns:End>2020-01-01T00:00:00Z<", "line 4: End is not after Start"),
    "no id": ('tns:cpaid="[^"]*"', "", "line 1: its cpaid is not a UUID"),
    "another id": ('tns:cpaid="[^"]*"', 'tns:cpaid="17"', "line 1: its cpaid is not a UUID"),
    "one party": ("(?s)<tns:PartyInfo.*?</tns:PartyInfo>", "", "has 1 PartyInfo, where 2 should be"),
    "both the same": (f">{OWNER}</tns:PartyId>", f">{HUB}</tns:PartyId>", "parties are the same"),
    "no HER-id": (f">{HUB}</tns:PartyId>", ">the hub</tns:PartyId>", "line 5: PartyInfo has no PartyId"),
    "another register": ('tns:type="HER"', 'tns:type="DUNS"', "no PartyId that is a HER-id"),
    "nameless": ('tns:ProcessSpecification tns:name="[^"]*"', "tns:ProcessSpecification", "its process"),
    "no queue": ('(tns:uri="[^"]*/)[^"]*"', r'\1"', "no uri that ends with a queue"),
    "no transport": ('transportId="transport_async" ', 'transportId="x" ', "a Transport that is not there"),
    "no exchange": ('docExchangeId="exchange"><tns:M', 'docExchangeId="x"><tns:M', "a DocExchange that"),
    "no certificate": ("(?s)<ds:KeyInfo>.*?</ds:KeyInfo>", "", "holds no X509Certificate"),
    "half a one": ("(X509Certificate>[^<]{400})[^<]*", r"\1", "not a certificate in Base64"),
    "not Base64": ("(X509Certificate>)[^<]*", r"\1ÆØÅ", "not a certificate in Base64"),
    "to nobody": ('CertificateRef tns:certId="enc"', 'CertificateRef tns:certId="x"', "EncryptionCertif"),
    "twice": ('Certificate tns:certId="enc"', 'Certificate tns:certId="sign"', "another Certificate"),
    "unnamed": ('Certificate tns:certId="enc">', "Certificate>", "Certificate has no certId"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_makes_no_sense_is_told_with_file_and_line(sides: Sides, name: str) -> None:
    pattern, instead, told = BROKEN[name]
    text, changes = re.subn(pattern, instead, sides.agreement(), count=1)
    assert changes == 1
    said = complaint(text)
    assert told in said
    assert re.match(r"hub\.xml, line \d+: .+; (fetch|ask|have) ", said)


HOSTILE = {
    "nothing": b"",
    "not XML": b"<a",
    "a DOCTYPE": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a bomb": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    "too deep": b"<a>" * 200 + b"</a>" * 200,
    "too much": b"<a>" + b"<b/>" * 60_000 + b"</a>",
    "too large": b"<a>" + b" " * 5_000_000 + b"</a>",
    "EBCDIC": "<?xml version='1.0'?><a/>".encode("cp500"),
    "another language": b"<MsgHead xmlns='http://www.kith.no/xmlstds/msghead/2006-05-24'/>",
    "CPPA 3": b"<CPP xmlns='http://docs.oasis-open.org/ebcore/ns/cppa/v3.0'/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_something_else_is_refused(name: str) -> None:
    assert complaint(HOSTILE[name]).startswith("hub.xml")


def test_a_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "hub.xml"
    with file.open("wb") as opened:
        opened.truncate(10**10)
    with pytest.raises(ProfileUnreadable, match="no profile is that large"):
        read_file(file)


def test_what_stands_in_a_file_is_never_quoted(sides: Sides) -> None:
    """Somebody may put the wrong file in place."""
    assert "7777" not in complaint(sides.profile().replace(f">{HUB}<", f">{'7' * 40}<"))


SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_to_a_file_it_is_read_or_refused(sides: Sides, seed: int) -> None:
    dice = random.Random(seed)
    whole = (sides.agreement() if seed % 2 else sides.profile()).encode()
    lines = whole.splitlines(keepends=True)
    for _ in range(60):
        body = dice.choice([_scrambled, _shortened, _reordered])(dice, whole, lines)
        with suppress(ProfileUnreadable):
            assert read(body, "hub.xml").place.startswith("hub.xml")


def _scrambled(dice: random.Random, whole: bytes, _: list[bytes]) -> bytes:
    body = bytearray(whole)
    for _time in range(dice.randint(1, 6)):
        body[dice.randrange(len(body))] = dice.choice(b'<>/&"=: \x00\xff09aZ')
    return bytes(body)


def _shortened(dice: random.Random, whole: bytes, lines: list[bytes]) -> bytes:
    """Elements, attributes and texts taken away: most of what is left is XML."""
    if dice.random() < 0.3:
        return whole[: dice.randrange(len(whole))]
    kept = [line for line in lines if dice.random() > 0.02]
    body = b"".join(kept)
    names = re.findall(rb' tns:\w+="[^"]*"', body)
    return body.replace(dice.choice(names), dice.choice([b"", b' tns:certId=""', b' tns:uri="/"']))


def _reordered(dice: random.Random, _: bytes, lines: list[bytes]) -> bytes:
    some = list(lines)
    for _time in range(dice.randint(1, 4)):
        one, other = dice.randrange(1, len(some)), dice.randrange(1, len(some))
        some[one], some[other] = some[other], some[one]
    return b"".join(some)
