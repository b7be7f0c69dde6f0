"""What the citizens' requests look like: a wish in plain fields, the letter that says it, and its envelopes.

The model reads the wish; the adapter is given the letter. Made of text, not by the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from adapter.message import Inbound, Lane, Properties
from tests.model.clinic import OWNERS, Citizen, Key
from tests.support import letters

if TYPE_CHECKING:
    from datetime import date, datetime

HUB, OTHER_HUB = "8093240", "8093250"


class What(StrEnum):
    """What is asked; the value is TypeForesp."""

    OVERVIEW = "HR"
    QUERY = "HLT"
    RESERVE = "RT"
    BOOK = "RT "  # the same TypeForesp, in another message function
    CANCEL = "ART"
    CHANGE = "ERT"

    @property
    def waits(self) -> bool:
        """Whether the sender waits for the answer, for 15 seconds."""
        return self in {What.OVERVIEW, What.QUERY}


class Flaw(StrEnum):
    """What is wrong with a letter; the value is how its AppRec's code begins."""

    NUMBER = "E3"
    SKIPPED_HOUR = "T02"


class Envelope(StrEnum):
    """How a letter is wrapped; of one that is broken, the value is the errorCondition."""

    GOOD = ""
    WITHOUT_REPLY_TO = "without reply-to"
    WRONG_SUBJECT = "transport:invalid-field-value"
    SPOOFED = "abuse:spoofing-attack"

    @property
    def broken(self) -> bool:
        return self in {Envelope.WRONG_SUBJECT, Envelope.SPOOFED}


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, said plainly. ``start`` and ``end`` are as they stand on the wire."""

    what: What
    owner: str
    citizen: Citizen
    key: Key | None = None  # the slot it is about, for whoever wants to ask of the same again
    uid: str = ""
    related_to: str | None = None
    start: str = ""
    end: str = ""
    calendar_id: str | None = None
    hpr: str | None = None
    accepts_another: bool = False
    first: date | None = None
    last: date | None = None
    flaw: Flaw | None = None
    function: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A wish as a MsgHead; the same one may come in several messages."""

    wish: Wish
    sender: str
    msg_id: str
    function: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A letter in an envelope, which may be delivered several times."""

    letter: Letter
    id: str
    envelope: Envelope = Envelope.GOOD
    redelivered: bool = False

    @property
    def sender(self) -> str:
        """Who the envelope says has sent it."""
        if self.envelope is not Envelope.SPOOFED:
            return self.letter.sender
        return OTHER_HUB if self.letter.sender == HUB else HUB

    @property
    def reply_queue(self) -> str:
        suffix = "syncreply" if self.letter.wish.what.waits else "async"
        return f"{self.sender}_{suffix}"

    def is_like(self, other: Message) -> bool:
        """Whether they are the same message, delivered once more."""
        return (self.sender, self.id) == (other.sender, other.id)

    def again(self) -> Message:
        return replace(self, redelivered=True)

    def inbound(self, now: datetime) -> Inbound:
        """The message as it lies on our queue."""
        letter, owner = self.letter, self.letter.wish.owner
        lane = Lane.SYNC if letter.wish.what.waits else Lane.ASYNC
        wrong = self.envelope is Envelope.WRONG_SUBJECT
        properties = Properties(
            message_id=self.id,
            correlation_id=f"about-{self.id}",
            reply_to=None if self.envelope is Envelope.WITHOUT_REPLY_TO else self.reply_queue,
            to=f"{owner}_{lane}",
            subject="DIALOG_INNBYGGER_EKONTAKT" if wrong else letter.function,
            content_type="application/xml",
            application_timestamp="2027-03-01T08:00:00+01:00",
            from_her_id=self.sender,
            to_her_id=owner,
        )
        return Inbound(letter.body, properties, lane, f"{owner}_{lane}", now, self.redelivered)


def write(wish: Wish, msg_id: str, sender: str = HUB) -> Letter:
    """The letter of a wish."""
    asked = wish.what.value.strip()
    function = wish.function or (letters.BOOKING if wish.what is What.BOOK else letters.FUNCTIONS[asked])
    citizen = wish.citizen
    if wish.flaw is Flaw.NUMBER:
        citizen = replace(
            citizen, national_id=f"{citizen.national_id[:-1]}{(int(citizen.national_id[-1]) + 1) % 10}"
        )
    department = letters.organisation(sender, "Digital dialog")
    owner = letters.organisation(wish.owner, OWNERS[wish.owner])
    parts = letters.Parts(
        asked,
        function=function,
        msg_id=msg_id,
        sender=letters.organisation("8093239", "Helsenorge", department),
        receiver=letters.organisation("1234", "Beste kommune", owner),
        patient=letters.patient_element(citizen),
        request=_request(wish),
        event=_event(wish) if wish.uid else "",
    )
    return Letter(wish, sender, msg_id, function, parts.body)


def _request(wish: Wish) -> str:
    role = letters.wished(wish.calendar_id, wish.hpr) if wish.calendar_id or wish.hpr else ""
    if wish.what is What.OVERVIEW:
        return ""
    if wish.what is What.QUERY:
        return f"<FraDato>{wish.first}</FraDato><TilDato>{wish.last}</TilDato>{role}"
    answer = letters.coded("1" if wish.accepts_another else "2")
    return f"<Sporsmal>{wish.citizen.worry}</Sporsmal>{answer}{role}"


def _event(wish: Wish) -> str:
    start = "2027-03-28T02:30:00" if wish.flaw is Flaw.SKIPPED_HOUR else wish.start
    return letters.event(wish.uid, start, wish.end, related_to=wish.related_to, contact=wish.owner)
