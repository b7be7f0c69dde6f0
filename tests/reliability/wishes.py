"""What citizens ask for: requests as the hub writes them, each by a synthetic person of its own.

Nobody here exists: the identity numbers are of the synthetic series that has 80 added to the month.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapter.message import Lane
from handlers.desk.model import Patient
from tests.support import letters
from tests.support.people import with_check_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.store import Slot

_OSLO = ZoneInfo("Europe/Oslo")
_QUESTION = "<Sporsmal>Vaksine</Sporsmal>" + letters.coded("2")


class Wish(StrEnum):
    """What a letter asks for, with the codes that may answer it."""

    BOOK = "book"
    RESERVE = "reserve"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    LOOK = "look"

    @property
    def granted(self) -> str:
        return {Wish.CANCEL: "08", Wish.LOOK: "03"}.get(self, "05")

    @property
    def declined(self) -> str:
        return {Wish.CANCEL: "09", Wish.LOOK: "04"}.get(self, "06")


@dataclass(eq=False)
class Letter:
    """A request. ``sent`` are the ids of the AMQP messages it went in, ``acknowledged`` those confirmed."""

    wish: Wish
    citizen: str
    slot: str
    function: str
    msg_id: str
    body: bytes = field(repr=False)
    sent: list[str] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)

    @property
    def waits(self) -> bool:
        """Whether its sender waits for the answer, and stops doing so after 15 seconds."""
        return self.wish is Wish.LOOK

    @property
    def lane(self) -> Lane:
        return Lane.SYNC if self.waits else Lane.ASYNC


def citizens() -> Iterator[Patient]:
    """People whom nobody has met, each with another number."""
    born = product(range(1940, 2000), range(1, 13), range(1, 29), range(500))
    for year, month, day, individual in born:
        number = with_check_digits(f"{day:02}{month + 80:02}{year % 100:02}{individual:03}")
        if number:
            yield Patient(number, "Prøvesen", "Ada", None)


class Writer:
    """Writes letters from the hub ``hub`` to the clinic ``clinic`` (HER-ids)."""

    def __init__(self, hub: str, clinic: str) -> None:
        self._clinic = clinic
        self._sender = letters.organisation(
            "8093239", "Helsenorge", letters.organisation(hub, "Digital dialog")
        )
        self._receiver = letters.organisation(
            "1234", "Beste kommune", letters.organisation(clinic, "Vaksinasjon")
        )

    def write(
        self, wish: Wish, citizen: Patient, slot: Slot, *, uid: str = "", related_to: str | None = None
    ) -> Letter:
        """A request about a slot; ``uid`` names an appointment, ``related_to`` a reservation."""
        event = letters.event(
            uid or slot.id,
            _local(slot, "start"),
            _local(slot, "end"),
            related_to=related_to,
            contact=self._clinic,
        )
        match wish:
            case Wish.LOOK:
                day = slot.start.astimezone(_OSLO).date()
                parts = letters.slot_query(day.isoformat(), day.isoformat())
            case Wish.CANCEL:
                parts = letters.Parts("ART", request=_QUESTION, event=event)
            case Wish.RESERVE:
                parts = letters.Parts("RT", request=_QUESTION, event=event)
            case _:
                parts = letters.Parts("RT", function=letters.BOOKING, request=_QUESTION, event=event)
        msg_id = str(uuid4())
        patient = letters.patient_element(citizen)
        parts = parts.but(msg_id=msg_id, patient=patient, sender=self._sender, receiver=self._receiver)
        function = parts.function or letters.FUNCTIONS[parts.asked]
        return Letter(wish, citizen.national_id, slot.id, function, msg_id, parts.body)


def _local(slot: Slot, which: str) -> str:
    moment = slot.start if which == "start" else slot.end
    return moment.astimezone(_OSLO).strftime("%Y-%m-%dT%H:%M:%S")
