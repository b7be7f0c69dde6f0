"""``timebok appointment`` and ``timebok referral``: what staff type, what it does, and what is shown."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from icalendar import Calendar
from typer.testing import CliRunner

from adapter.cli.app import app
from adapter.database import open_engine
from tests.support.clinic import END, HPR, OWNER, START, fill
from tests.support.people import KARI, LINE, PARENT

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PORTAL = {
    "PORTAL_HER_ID": "8093240",
    "PORTAL_NAME": "Digital dialog",
    "PORTAL_PARENT_HER_ID": "8093239",
    "PORTAL_PARENT_NAME": "Helsenorge",
}
PERSON = {
    "national_id": LINE.national_id,
    "family_name": LINE.family_name,
    "given_name": LINE.given_name,
    "phone": LINE.phone,
    "reason": "Hemmelig hoste",
}
ACTING = {
    "relation": "FO",
    "national_id": PARENT.national_id,
    "family_name": "Fiskebolle",
    "given_name": "Kari",
}
SECRETS = (LINE.national_id, LINE.family_name, "9999990", "Hemmelig", KARI.national_id)


class Timebok(Protocol):
    def __call__(self, *arguments: str, said: Any = None) -> Result: ...


@pytest.fixture
def timebok(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Timebok:
    """The command on a store with a clinic in it, on 1 March 2027; ``said`` is piped in as JSON."""
    for name in [name for name in os.environ if name.startswith("TIMEBOK_")]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    url = f"sqlite:///{tmp_path}/timebok.db"
    settings = {"DATABASE_URL": url, "NOW": "2027-03-01T08:00", **PORTAL}
    for name, value in settings.items():
        monkeypatch.setenv(f"TIMEBOK_{name}", value)
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()

    def timebok(*arguments: str, said: Any = None) -> Result:
        given = said if isinstance(said, str) else json.dumps(said)
        return CliRunner().invoke(app, list(arguments), input=given)

    return timebok


@pytest.fixture
def booked(timebok: Timebok) -> str:
    """An appointment of Line's."""
    result = timebok("appointment", "book", "K2", "--json", said=PERSON)
    assert result.exit_code == 0, result.output
    return str(json.loads(result.stdout)["id"])


def shown(timebok: Timebok, appointment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(timebok("appointment", "show", appointment, "--json").stdout)
    return found


# --- doing


def test_what_was_done_is_told_with_the_message_that_the_portal_gets(timebok: Timebok) -> None:
    result = timebok("appointment", "book", "K2", said=PERSON)
    assert result.exit_code == 0
    assert " booked: korona, 2027-03-05 09:15" in result.stdout
    assert "The portal is told by 05, message " in result.stdout
    notices = [
        json.loads(line) for line in timebok("messages", "list", "--notices", "--json").stdout.splitlines()
    ]
    assert [(one["code"], one["queue"], one["sent"]) for one in notices] == [("05", "8093240_async", None)]


def test_moving_cancelling_and_a_no_show_are_told_by_their_codes(timebok: Timebok, booked: str) -> None:
    assert "told by 07" in timebok("appointment", "move", booked, "K3", "--reason", "Legen er syk").stdout
    assert "told by 08" in timebok("appointment", "cancel", booked, "--reason", "Stengt").stdout
    early = timebok("appointment", "book", "K2", "--json", said=PERSON)
    refused = timebok("appointment", "no-show", json.loads(early.stdout)["id"])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has not begun" in refused.stderr


def test_a_no_show_is_told_once_the_appointment_has_begun(
    timebok: Timebok, booked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEBOK_NOW", "2027-03-05T10:00")
    assert "told by 11" in timebok("appointment", "no-show", booked).stdout
    assert shown(timebok, booked)["state"] == "no-show"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("appointment", "book", "K2"), "The slot is taken"),
        (("appointment", "book", "nowhere"), "There is no such slot"),
        (("appointment", "book", "K1"), "Several owners have such a slot (91095, 91096)"),
        (("appointment", "cancel", "nothing"), "There is no such appointment"),
        (("appointment", "move", "nothing", "K3"), "There is no such appointment"),
        (("appointment", "show", "nothing"), "There is no appointment nothing"),
        (("appointment", "book", "K3", "--series", "--several-resources"), "at most"),
        (("referral", "withdraw", "nothing"), "There is no such referral"),
        (("referral", "give"), "Say for what"),
        (("referral", "give", "--type", "nothing", "--to", "2027-04-01"), "the types there are: time"),
        (("referral", "give", "--type", "time", "--to", "2027-02-01"), "before the first, or over"),
        (("referral", "give", "--slot", "K2", "--type", "time"), "the slot says them all"),
    ],
)
def test_what_cannot_be_is_told_on_standard_error_and_nothing_is_done(
    timebok: Timebok, booked: str, arguments: tuple[str, ...], words: str
) -> None:
    result = timebok(*arguments, said={**PERSON, "national_id": KARI.national_id})
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert not [secret for secret in SECRETS if secret in result.stderr]
    assert len(timebok("appointment", "list", "--json").stdout.splitlines()) == 1


def test_without_a_portal_it_is_done_and_said_that_nobody_is_told(
    timebok: Timebok, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PORTAL:
        monkeypatch.delenv(f"TIMEBOK_{name}")
    result = timebok("appointment", "book", "K2", said=PERSON)
    assert result.exit_code == 0
    assert "TIMEBOK_PORTAL_HER_ID is not set" in result.stderr


def test_half_a_portal_stops_every_command(timebok: Timebok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMEBOK_PORTAL_NAME")
    result = timebok("appointment", "list")
    assert "half a portal is set: portal_name is missing" in str(result.exception)


# --- looking


def test_one_appointment_is_shown_with_its_patient_and_its_history(timebok: Timebok) -> None:
    said = {**PERSON, "representative": ACTING}
    result = timebok("appointment", "book", "K2", "--several-resources", "--json", said=said)
    appointment = json.loads(result.stdout)["id"]
    timebok("appointment", "move", appointment, "K3", "--reason", "Legen er syk")
    timebok("appointment", "cancel", appointment, "--reason", "Stengt")
    page = timebok("appointment", "show", appointment).stdout
    for words in (
        f"Line Danseskår, {LINE.national_id}",
        "Hemmelig hoste",
        f"Kari Fiskebolle {PARENT.national_id}",
        "FO (parent)",
        "several-resources",
        "by staff, from korona, 2027-03-05 09:15: Legen er syk",
        "Stengt",
        "Time til time & avtale hos Timebok korona Beste kommune",
    ):
        assert words in page
    one = shown(timebok, appointment)
    assert (one["state"], one["slot"], one["start"]) == ("cancelled", "K3", "2027-03-06T09:10:00+01:00")
    assert [move["from_slot"] for move in one["moves"]] == ["K2"]


def test_a_list_shows_no_patient(timebok: Timebok, booked: str) -> None:
    everything = timebok("appointment", "list").stdout + timebok("appointment", "list", "--json").stdout
    assert booked in everything
    assert not [secret for secret in SECRETS if secret in everything]


def test_a_patients_appointments_are_found_by_the_number_that_is_piped_in(
    timebok: Timebok, booked: str
) -> None:
    assert booked in timebok("appointment", "list", "--of-patient", said=PERSON).stdout
    nobodys = timebok("appointment", "list", "--of-patient", said={"national_id": KARI.national_id})
    assert nobodys.stdout.startswith("There is no appointment")


# --- for a calendar


def test_the_ics_is_read_by_others_as_it_was_meant(timebok: Timebok, booked: str) -> None:
    timebok("appointment", "move", booked, "K1")
    text = timebok("appointment", "show", booked, "--ics").stdout_bytes
    calendar = Calendar.from_ical(text)
    assert (str(calendar["METHOD"]), str(calendar["VERSION"])) == ("PUBLISH", "2.0")
    (event,) = calendar.walk("VEVENT")
    assert event.errors == calendar.errors == []
    assert (str(event["UID"]), int(event["SEQUENCE"])) == (booked, 1)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (START, END)
    assert event["DTSTAMP"].dt.isoformat()[:16] == "2027-03-01T07:00"
    assert str(event["SUMMARY"]) == "Time til time & avtale hos Timebok korona Beste kommune"
    assert (str(event["LOCATION"]), str(event["STATUS"])) == ("Hall 1", "CONFIRMED")


def test_the_ics_is_made_of_short_lines_and_shows_no_patient(timebok: Timebok, booked: str) -> None:
    text = timebok("appointment", "show", booked, "--ics").stdout_bytes
    assert text.endswith(b"END:VCALENDAR\r\n")
    assert text.count(b"\r\n") == text.count(b"\n") == text.count(b"\r")
    assert max(map(len, text.split(b"\r\n"))) <= 75
    assert not [secret for secret in SECRETS if secret in text.decode()]


def test_a_cancelled_one_says_so_in_a_calendar(timebok: Timebok, booked: str) -> None:
    timebok("appointment", "cancel", booked)
    (event,) = Calendar.from_ical(timebok("appointment", "show", booked, "--ics").stdout_bytes).walk("VEVENT")
    assert str(event["STATUS"]) == "CANCELLED"


# --- referrals


def test_an_open_referral_is_given_listed_and_taken_back(timebok: Timebok) -> None:
    what = ("--type", "time", "--calendar", "korona", "--owner", OWNER)
    when = ("--from", "2027-03-02", "--to", "2027-03-09")
    given = timebok("referral", "give", *what, *when, "--json", said=PERSON)
    referral = json.loads(given.stdout)
    assert (referral["state"], referral["calendar"]) == ("unused", "korona")
    assert (referral["opens"], referral["closes"]) == (
        "2027-03-02T00:00:00+01:00",
        "2027-03-10T00:00:00+01:00",
    )
    listed = timebok("referral", "list").stdout
    assert referral["id"] in listed
    assert not [secret for secret in SECRETS if secret in given.output + listed]
    assert timebok("referral", "withdraw", referral["id"]).exit_code == 0
    assert timebok("referral", "list").stdout == "There are no referrals\n"


def test_a_type_that_several_owners_have_needs_its_owner(timebok: Timebok) -> None:
    result = timebok("referral", "give", "--type", "time", "--to", "2027-03-09", said=PERSON)
    assert "Several owners have such a type (91095, 91096)" in result.stderr
    arguments = ("--type", "time", "--to", "2027-03-09", "--owner", "91096")
    assert timebok("referral", "give", *arguments, said=PERSON).exit_code == 0


def test_a_timed_referral_books_its_slot_and_tells_the_portal(timebok: Timebok) -> None:
    result = timebok("referral", "give", "--slot", "D1", said=PERSON)
    assert "told by 05" in result.stdout
    (referral,) = [json.loads(line) for line in timebok("referral", "list", "--json").stdout.splitlines()]
    assert (referral["state"], referral["calendar"]) == ("used", "linn")
    one = shown(timebok, referral["appointment"])
    assert (one["referral"], one["practitioner"]) == (referral["id"], "Legesen Linn")
    assert HPR not in str(one)
    refused = timebok("referral", "withdraw", referral["id"])
    assert "cancel its appointment instead" in refused.stderr


# --- what an import changes for those who have booked already


FILE = """\
owner: {her_id: 91205, name: Utsikten, parent: {her_id: 91200, name: Beste kommune}}
calendars:
  - id: lab
    name: Lab
    category: Lab
    place: Hall 1
    types: [{code: blod, name: Blodprøve, duration: PT10M}]
    slots: [{id: U1, start: "2027-03-05T09:00", type: blod}, {id: U2, start: "2027-03-05T09:10", type: blod}]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Hall 1", "Hall 2", "<location><text>Hall 2</text></location>"),
        (
            "name: Blodprøve",
            "name: Blodprøve, category: Video",
            "<categories><text>Video</text></categories>",
        ),
    ],
)
def test_a_new_place_or_category_is_told_for_each_appointment_by_moa(
    timebok: Timebok, tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = tmp_path / "calendars.yaml"
    file.write_text(FILE, encoding="utf-8")
    assert "portal" not in timebok("calendar", "import", str(file)).output
    appointment = json.loads(timebok("appointment", "book", "U1", "--json", said=PERSON).stdout)["id"]
    file.write_text(FILE.replace(old, new), encoding="utf-8")
    assert "The portal is told of 1 changed appointment\n" in timebok("calendar", "import", str(file)).stdout
    assert "portal" not in timebok("calendar", "import", str(file)).output, "nothing has changed any more"
    lines = timebok("messages", "list", "--notices", "--json").stdout.splitlines()
    newest, first = map(json.loads, lines)
    assert [(one["appointment"], one["code"]) for one in (first, newest)] == [
        (appointment, "05"),
        (appointment, "MOA"),
    ]
    body = timebok("messages", "show", newest["message_id"], "--bodies").stdout
    assert said in body
    assert "<status><text>CONFIRMED</text></status>" in body


def test_without_a_portal_an_import_says_that_nobody_is_told(
    timebok: Timebok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PORTAL:
        monkeypatch.delenv(f"TIMEBOK_{name}")
    file = tmp_path / "calendars.yaml"
    file.write_text(FILE, encoding="utf-8")
    timebok("calendar", "import", str(file))
    timebok("appointment", "book", "U1", said=PERSON)
    file.write_text(FILE.replace("Hall 1", "Hall 2"), encoding="utf-8")
    result = timebok("calendar", "import", str(file))
    assert "1 booked appointment got a new place, name or category" in result.stdout
    assert "The portal is told nothing: TIMEBOK_PORTAL_HER_ID is not set" in result.stderr
