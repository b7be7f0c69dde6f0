"""Whose calendars may this patient use? (helsenorge.md, C7)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.replies import PractitionerList
from handlers.desk.rules.offers import put_together
from handlers.desk.rules.times import is_of_age
from handlers.visiting import meet, what_is_open

if TYPE_CHECKING:
    from handlers.desk.replies import Declined
    from handlers.desk.requests import PractitionerOverview
    from handlers.desk.store import Desk


def handle(request: PractitionerOverview, desk: Desk) -> PractitionerList | Declined:
    """List the practitioners of the owner's open calendars that are for this patient, each once.

    Who has the age for a calendar at no time that is free, nor today, does not see it.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    calendars = [one for one in desk.calendars(request.owner) if one.practitioner is not None]
    found = what_is_open(visitor, calendars, desk)
    in_doubt = [one for one in found if not is_of_age(one[0], visitor, desk.now, desk.office.zone)]
    offers = put_together(offer for _calendar, _kinds, offers in in_doubt for offer in offers)
    unseen = {calendar.id for calendar, _kinds, _offers in in_doubt}
    unseen -= desk.spans(request.owner, visitor.patient, offers).keys()
    practitioners = (
        calendar.practitioner
        for calendar, _kinds, _offers in found
        if calendar.practitioner and calendar.id not in unseen
    )
    return PractitionerList(tuple(dict.fromkeys(practitioners)))
