"""Who stands at the desk, what of it is open to them, and which of their appointments they mean.

What several handlers have in common when they look things up for a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.desk.model import Patient
from handlers.desk.requests import Actor
from handlers.desk.rules.audience import Visitor, why_turned_away
from handlers.desk.rules.limits import busy, has_limits
from handlers.desk.rules.offers import bookable, is_the_same_for_all, offers_of, put_together, reachable
from handlers.desk.rules.taken import takes_up_its_slot
from handlers.desk.rules.undoing import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from handlers.desk.model import Appointment, Calendar, TimeType
    from handlers.desk.replies import Declined
    from handlers.desk.requests import Answers, Cancel, MarkNoShow, Rebook, Request
    from handlers.desk.rules.offers import Offer
    from handlers.desk.store import Desk

    #: A calendar, those of its types that somebody can book, and the times that it offers them.
    Open = tuple[Calendar, tuple[TimeType, ...], list[Offer]]

_ANYONE = Visitor(Patient("", "", ""))
_MOST_KEPT = 64  # sets of calendars, at the moments of the last transactions


def meet(request: Request, desk: Desk) -> tuple[Visitor, Declined | None]:
    """Who asks, and why nothing at all is done for them, if so."""
    if request.by is Actor.STAFF:
        return Visitor(request.patient, request.representative, is_staff=True), None
    groups = desk.groups(request.owner, request.patient.national_id)
    visitor = Visitor(request.patient, request.representative, groups)
    return visitor, why_turned_away(visitor)


def what_is_open(
    visitor: Visitor,
    calendars: Iterable[Calendar],
    desk: Desk,
    answers: Answers = (),
    leaving: Appointment | None = None,
) -> Sequence[Open]:
    """Those of an owner's ``calendars`` that have a type for the visitor, and what can be booked there now.

    ``leaving`` is the appointment that would be given up for it.
    """
    these = tuple(calendars)
    if (usual := _usual(visitor, these, desk)) is not None:
        return usual.found
    reached = [(one, kinds) for one in these if (kinds := reachable(one, visitor, answers))]
    ahead: Sequence[Appointment] = ()
    if not visitor.is_staff and any(has_limits(calendar, kinds) for calendar, kinds in reached):
        ahead = what_they_have(reached[0][0].her_id, visitor, desk, leaving)
    return [_open(one, kinds, visitor, ahead, desk.now, desk.office.zone) for one, kinds in reached]


def what_is_offered(
    visitor: Visitor, calendars: Iterable[Calendar], desk: Desk, answers: Answers
) -> Sequence[Offer]:
    """The times that ``what_is_open`` finds."""
    these = tuple(calendars)
    if (usual := _usual(visitor, these, desk)) is not None:
        return usual.offers
    return [
        offer for _calendar, _kinds, offers in what_is_open(visitor, these, desk, answers) for offer in offers
    ]


def what_they_have(
    her_id: str, visitor: Visitor, desk: Desk, *given_up: Appointment | None
) -> list[Appointment]:
    """The patient's appointments and holds that have not ended, but for those that would be given up.

    Nor those that the visitor is not to know of: what is not shown must not show by what is missing either.
    """
    without = {one.id for one in given_up if one}
    ahead = desk.ahead(her_id, visitor.patient.national_id, desk.now)
    return [one for one in ahead if one.id not in without and is_visible(one, visitor)]


def the_one_meant(request: Cancel | Rebook | MarkNoShow, visitor: Visitor, desk: Desk) -> Appointment | None:
    """What is named by its own id; else what takes up the slot named; else the last that did.

    A slot may have been booked and cancelled by the same patient before, and messages in the wild name
    the slot, the appointment or both.
    """
    known = desk.appointments(request.owner, request.patient.national_id, request.references)
    found = [one for one in known if is_visible(one, visitor)]
    named = [one for one in found if one.id in request.references]
    living = [one for one in found if takes_up_its_slot(one, desk.now)]
    return next(iter(named + living + found), None)


@dataclass(frozen=True, slots=True)
class _Usual:
    """What is open to every citizen alike, and its offers put together."""

    found: tuple[Open, ...]
    offers: tuple[Offer, ...]


def _usual(visitor: Visitor, calendars: tuple[Calendar, ...], desk: Desk) -> _Usual | None:
    return None if visitor.is_staff else _open_to_all(calendars, desk.now, desk.office.zone)


@lru_cache(_MOST_KEPT)
def _open_to_all(calendars: tuple[Calendar, ...], now: datetime, zone: ZoneInfo) -> _Usual | None:
    """Worked out once a moment; ``None`` when a rule looks at who asks."""
    if not all(map(is_the_same_for_all, calendars)):
        return None
    reached = [(one, kinds) for one in calendars if (kinds := reachable(one, _ANYONE, ()))]
    found = [_open(calendar, kinds, _ANYONE, (), now, zone) for calendar, kinds in reached]
    return _Usual(tuple(found), tuple(put_together(offer for *_, offers in found for offer in offers)))


def _open(
    calendar: Calendar,
    kinds: tuple[TimeType, ...],
    visitor: Visitor,
    ahead: Sequence[Appointment],
    now: datetime,
    zone: ZoneInfo,
) -> Open:
    windows = bookable(calendar, kinds, visitor, ahead, now=now, zone=zone)
    occupied = () if visitor.is_staff else busy(calendar, ahead)
    return calendar, tuple(kind for kind, _ in windows), offers_of(calendar, windows, occupied)
