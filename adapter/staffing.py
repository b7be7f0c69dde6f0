"""What staff wish, carried out: the desk's own handlers, and the portal told of it, in one transaction.

Whoever works for staff comes by here, a command as much as an API. Staff are told by a return value; the
portal by a message in the outbox, which the running service sends. Nothing is published here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Connection

import handlers
from adapter.dialects.port import Change
from adapter.ledger.ledger import Ledger
from handlers.desk import register
from handlers.desk.model import State
from handlers.desk.replies import Booked, Cancelled, Declined, NoShowNoted, Rebooked
from handlers.desk.requests import Rebook, Request
from handlers.desk.rules.audience import Visitor
from handlers.desk.rules.undoing import is_listed
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from adapter.dialects.port import Notices
    from adapter.outcome import Dispatch
    from adapter.wrapping import Wrapping
    from handlers.desk.model import Appointment
    from handlers.desk.office import Office
    from handlers.desk.replies import Reply

#: Makes a request of what staff said, in the transaction in which it will be carried out; or says why not.
Wish = Callable[[Connection, Desk], Request | Declined]

_CHANGES = {
    Booked: Change.BOOKED,
    Rebooked: Change.MOVED,
    Cancelled: Change.CANCELLED,
    NoShowNoted: Change.NO_SHOW,
}


class Silence(StrEnum):
    """Why the portal is told nothing of what was done."""

    NO_PORTAL = "no-portal"
    NOT_SHOWN = "not-shown-online"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a wish, and the message that is on its way to the portal; or why there is none.

    A wish that was declined has neither.
    """

    reply: Reply
    notice: Dispatch | None = None
    silence: Silence | None = None


class Telling:
    """Puts messages to the portal into the outbox, as ``notices`` writes them, if there is a portal."""

    def __init__(self, notices: Notices | None, wrapping: Wrapping) -> None:
        self._notices = notices
        self._wrapping = wrapping

    def tell(
        self, connection: Connection, desk: Desk, change: Change, appointments: Iterable[Appointment]
    ) -> list[Dispatch]:
        """One message about each of the appointments that are shown online, as they are after the change.

        Those of a protected unit are not, nor those of a calendar whose appointments are not listed. Raises
        an ``OwnFault`` if one cannot be sealed or read; the transaction is then to be rolled back.
        """
        if self._notices is None:
            return []
        owners = {owner.her_id: owner for owner in desk.owners()}
        ledger, told = Ledger(connection, desk.now), []
        for one in appointments:
            if not is_listed(one, Visitor(one.patient)):
                continue
            plain = self._notices.notice(change, one, owners[one.her_id], desk.now)
            notice = replace(plain, outbound=self._wrapping.wrap(plain.outbound, desk.now))
            ledger.owe(notice, one.id)
            told.append(notice)
        ledger.flush()
        return told

    def tell_of_details(
        self, connection: Connection, desk: Desk, appointment_ids: Iterable[str]
    ) -> list[Dispatch]:
        """The same about appointments whose place, title or category has been changed."""
        if self._notices is None:
            return []
        found = (register.find(connection, desk, one) for one in appointment_ids)
        return self.tell(connection, desk, Change.DETAILS, filter(None, found))

    @property
    def silence(self) -> Silence:
        """Why nothing was told, when nothing was."""
        return Silence.NO_PORTAL if self._notices is None else Silence.NOT_SHOWN


class Staffing:
    """Carries out wishes at the desk of ``office``, on the store behind ``engine``.

    ``clock`` tells the time (aware UTC), ``new_id`` makes ids.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        office: Office,
        telling: Telling,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_id = new_id
        self._office = office
        self._telling = telling

    def carry_out(self, wish: Wish) -> Done:
        """Have a wish carried out, and the portal told of it: both, or neither.

        The wish is declined like anybody's. Raises an ``OwnFault`` when the portal could not be told.
        """
        with self._engine.begin() as connection:
            desk = Desk(connection, self._clock(), self._new_id, self._office)
            request = wish(connection, desk)
            before = (
                register.find(connection, desk, request.references[0])
                if isinstance(request, Rebook)
                else None
            )
            reply = request if isinstance(request, Declined) else handlers.handle(request, desk)
            if not isinstance(reply, Booked | Cancelled | NoShowNoted):
                connection.rollback()  # what was entered on the way, such as a referral
                return Done(reply)
            told = self._telling.tell(connection, desk, _CHANGES[type(reply)], [reply.appointment])
            if (
                before is not None and not told
            ):  # moved out of the portal's sight: it is to forget the old time
                gone = replace(before, state=State.CANCELLED, held_until=None)
                told = self._telling.tell(connection, desk, Change.CANCELLED, [gone])
            return Done(reply, told[0]) if told else Done(reply, silence=self._telling.silence)
