"""Which calendars and which times the desk offers, and to the very second until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from handlers.desk import tables
from handlers.desk.requests import ResourceOverview
from tests.support.clinic import (
    END,
    HOLD,
    HPR,
    NOW,
    OTHER_OWNER,
    OWNER,
    SLOTS,
    START,
    book,
    cancel,
    reserve,
    slot_query,
)
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.desk.replies import Reply
    from handlers.desk.requests import Reserve
    from handlers.desk.store import Desk

    Ask = Callable[..., Reply]

    Listed = Callable[..., list[str]]
    Spans = Callable[..., dict[str, tuple[datetime | None, datetime | None]]]

SECOND = timedelta(seconds=1)
OVERVIEW = ResourceOverview(owner=OWNER, patient=LINE)


@pytest.fixture
def listed(ask: Ask) -> Callable[..., list[str]]:
    """The ids of the slots that a query lists."""
    return lambda at=NOW, **query: [slot.id for slot in ask(slot_query(**query), at).slots]


@pytest.fixture
def spans(ask: Ask) -> Callable[..., dict[str, tuple[datetime | None, datetime | None]]]:
    """The first and last bookable time of each calendar in the overview."""
    return lambda at=NOW: {one.calendar.id: (one.first, one.last) for one in ask(OVERVIEW, at).resources}


# --- the period


def test_every_free_time_to_come_is_listed_by_its_start(listed: Listed) -> None:
    assert listed() == ["K1", "L1", "K2", "L2", "D1", "K3"]


def test_a_time_that_begins_when_the_period_does_is_listed(listed: Listed) -> None:
    assert listed(start=START, end=START + SECOND) == ["K1", "L1"]
    assert listed(start=START + SECOND, end=START + 2 * SECOND) == []


def test_a_time_that_begins_when_the_period_ends_is_not_listed(listed: Listed) -> None:
    assert listed(start=START - SECOND, end=START) == []


def test_an_empty_and_a_backward_period_list_nothing(listed: Listed) -> None:
    assert listed(start=START, end=START) == []
    assert listed(start=END, end=START) == []


def test_a_time_is_listed_until_it_begins_and_not_at_that_moment(listed: Listed) -> None:
    assert "K1" in listed(at=START - SECOND)
    assert "K1" not in listed(at=START)
    assert "K1" not in listed(at=START + SECOND)


@pytest.mark.parametrize("at", [NOW, START - SECOND / 2, START, START + SECOND / 2, END])
def test_whatever_is_listed_at_a_moment_can_be_had_at_that_moment(
    ask: Ask, listed: Listed, at: datetime
) -> None:
    ids = listed(at=at)
    assert ids
    assert [ask(reserve(slot_id), at).appointment.slot_id for slot_id in ids] == ids


def test_the_overview_shows_the_first_and_last_free_time(spans: Spans) -> None:
    assert spans() == {
        "korona": (SLOTS["K1"][1], SLOTS["K3"][1]),
        "lab": (SLOTS["L1"][1], SLOTS["L2"][1]),
    }


def test_the_overview_leaves_out_times_that_are_taken_or_have_begun(ask: Ask, spans: Spans) -> None:
    ask(reserve("K1"))
    ask(reserve("L2"))
    assert spans()["korona"] == (SLOTS["K2"][1], SLOTS["K3"][1])
    assert spans()["lab"] == (SLOTS["L1"][1], SLOTS["L1"][1])
    assert spans(SLOTS["K2"][1])["korona"] == (SLOTS["K3"][1], SLOTS["K3"][1])


def test_a_calendar_with_nothing_free_is_in_the_overview_without_times(ask: Ask, spans: Spans) -> None:
    ask(reserve("L1"))
    ask(reserve("L2"))
    assert spans()["lab"] == (None, None)
    assert spans(NOW + HOLD)["lab"] == (SLOTS["L1"][1], SLOTS["L2"][1])


# --- the calendars


def test_a_closed_calendar_is_neither_in_the_overview_nor_in_the_list(listed: Listed, spans: Spans) -> None:
    assert "stengt" not in spans()
    assert "C1" not in listed()
    assert listed(calendar_id="stengt") == []


@pytest.mark.parametrize("request_for", [reserve, book])
def test_a_closed_calendar_takes_no_appointment(ask: Ask, request_for: Callable[..., Reserve]) -> None:
    assert ask(request_for("C1")).reason == "slot-unknown"


def test_a_practitioners_calendar_is_in_no_overview_of_resources(spans: Spans) -> None:
    assert list(spans()) == ["korona", "lab"]


def test_one_calendar_can_be_asked_for(listed: Listed) -> None:
    assert listed(calendar_id="lab") == ["L1", "L2"]
    assert listed(calendar_id="finnes-ikke") == []


def test_one_practitioner_can_be_asked_for(listed: Listed) -> None:
    assert listed(hpr=HPR) == ["D1"]
    assert listed(hpr="1") == []
    assert listed(hpr=HPR, calendar_id="lab") == []


def test_another_owners_times_are_not_listed(listed: Listed, ask: Ask) -> None:
    assert listed(owner=OTHER_OWNER) == ["K1"]
    ask(reserve("K1"))
    assert listed(owner=OTHER_OWNER) == ["K1"]
    assert listed(owner="999") == []


def test_a_calendar_says_all_that_was_entered(desk_at: Callable[..., Desk]) -> None:
    korona, lab, linn = desk_at().calendars(OWNER)
    assert (korona.category, korona.place, korona.text) == ("Koronatest", "Hall 1", "Drive-in ved Hall 1")
    assert (korona.conditions.version, korona.hold, korona.types[0].name) == ("1", None, "Time & avtale")
    assert (lab.hold, lab.place) == (HOLD, None)
    assert (linn.practitioner.hpr, linn.practitioner.family_name, linn.category) == (HPR, "Linn", None)


def test_calendars_are_laid_out_anew_when_something_about_them_changes_and_only_then(
    desk_at: Callable[..., Desk], connection: Connection
) -> None:
    first, *_ = desk_at().calendars(OWNER)
    again, *_ = desk_at(NOW + SECOND).calendars(OWNER)
    assert again is first
    connection.execute(update(tables.calendar).where(tables.calendar.c.id == first.id).values(place="Hall 2"))
    connection.execute(update(tables.time_type).values(name="Prøve"))
    changed, *_ = desk_at().calendars(OWNER)
    assert (changed.place, changed.types[0].name) == ("Hall 2", "Prøve")
    connection.execute(update(tables.calendar).where(tables.calendar.c.id == first.id).values(open=False))
    assert first.id not in [one.id for one in desk_at().calendars(OWNER)]


def test_the_owners_are_known(desk_at: Callable[..., Desk]) -> None:
    first, second = desk_at().owners()
    assert (first.her_id, first.name, first.parent_name) == (OWNER, "Vaksinasjonstjenesten", "Beste kommune")
    assert second.her_id == OTHER_OWNER


# --- what others have


def test_a_taken_time_is_listed_for_nobody_until_it_is_given_back(ask: Ask, listed: Listed) -> None:
    ask(reserve("K1"))
    assert "K1" not in listed()
    assert "K1" not in listed(patient=KARI)
    ask(cancel("K1"))
    assert "K1" in listed()


def test_a_held_time_is_hidden_until_the_very_moment_the_hold_lapses(ask: Ask, listed: Listed) -> None:
    ask(reserve("L1"))
    assert "L1" not in listed(patient=KARI)
    assert "L1" not in listed(at=NOW + HOLD - SECOND, patient=KARI)
    assert "L1" in listed(at=NOW + HOLD, patient=KARI)
