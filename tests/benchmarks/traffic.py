"""What the hub sends: the letters of fixtures/, made unique by the thousand, and the store that they need.

Every reservation finds its slot free and every cancellation its appointment there, so that real work is done.
All people are synthetic. It must never make the same letter twice.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapter.message import Inbound, Lane, Properties
from tests.support.people import with_check_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIXTURES = Path(__file__).parents[2] / "fixtures"
MIXED = {"HLT": 70, "RT": 20, "ART": 10}
"""Per cent of all requests, as in life: people look more often than they book."""
ANSWER = 8
"""Free slots in the answer to a slot query, which makes it as long as the answers that are published."""

_FUNCTION = "DIALOG_INNBYGGER_TIMERESERVASJON"
_CASES = {"HLT": "slot-query/four-weeks", "RT": "reserve/one-step", "ART": "cancel/in-timereservasjon"}
_OSLO = ZoneInfo("Europe/Oslo")
_MINUTES = timedelta(minutes=5)
_A_DAY = 96  # slots in a calendar: eight hours of them
_SOME_MOMENT = "2027-03-01T08:00:00+01:00"
#: What is different in every letter, and what stands there in its place while it is a template.
_HOLES = {
    r"(?<=<MsgId>)[^<]+": "{msg_id}",
    r"(?<=<Ident><Id>)\d{11}(?=<)": "{citizen}",
    r"(?<=Dato>)\d{4}-\d\d-\d\d(?=<)": "{day}",
    r"(?<=<dtstart><date-time>)[^<]+": "{start}",
    r"(?<=<dtend><date-time>)[^<]+": "{end}",
    r"(?<=<uid><text>)[^<]+": "{slot}",
}


@dataclass(frozen=True, slots=True)
class Parties:
    """The HER-ids of the two who write to each other."""

    hub: str
    clinic: str

    @staticmethod
    def of_this_run() -> Parties:
        """Two that nobody else on the broker has."""
        first, second = random.sample(range(10_000_000, 99_999_999), 2)
        return Parties(str(first), str(second))


@dataclass(frozen=True, slots=True)
class Place:
    """A slot, and who has it already."""

    id: str
    calendar: str
    start: datetime
    taken_by: str | None = None

    @property
    def end(self) -> datetime:
        return self.start + _MINUTES


@dataclass(frozen=True, slots=True)
class Letter:
    """A request on its way. ``replies`` is how many messages answer it when all goes well."""

    asked: str
    message_id: str
    body: bytes = field(repr=False)
    content_type: str = "application/xml"

    @property
    def lane(self) -> Lane:
        return Lane.SYNC if self.asked == "HLT" else Lane.ASYNC

    @property
    def replies(self) -> int:
        return 1 if self.lane is Lane.SYNC else 2

    def properties(self, parties: Parties) -> Properties:
        """What stands on its envelope."""
        return Properties(
            message_id=self.message_id,
            correlation_id=self.message_id,
            reply_to=reply_queue(parties, self.lane),
            to=f"{parties.clinic}_{self.lane}",
            subject=_FUNCTION,
            content_type=self.content_type,
            application_timestamp=_SOME_MOMENT,
            from_her_id=parties.hub,
            to_her_id=parties.clinic,
        )

    def inbound(self, parties: Parties) -> Inbound:
        """The letter as it has come out of a queue."""
        queue = f"{parties.clinic}_{self.lane}"
        return Inbound(self.body, self.properties(parties), self.lane, queue, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Traffic:
    """Letters in the order in which they are sent, and the slots that have to be in the store for them.

    ``reserved`` and ``cancelled`` are how many appointments live, and do not any more, when all is answered.
    """

    parties: Parties
    letters: tuple[Letter, ...]
    places: tuple[Place, ...]
    reserved: int = 0
    cancelled: int = 0

    @property
    def replies(self) -> int:
        return sum(letter.replies for letter in self.letters)


def reply_queue(parties: Parties, lane: Lane) -> str:
    """Where the hub wants its answer."""
    return f"{parties.hub}_{'syncreply' if lane is Lane.SYNC else 'async'}"


def citizens() -> Iterator[str]:
    """Synthetic identity numbers, each of them once."""
    for year, month, day, individual in product(range(40, 100), range(1, 13), range(1, 29), range(500)):
        number = with_check_digits(f"{day:02}{month + 80:02}{year:02}{individual:03}")
        if number:
            yield number


def slot_id(number: int) -> str:
    """An id as calendars have them: 24 hexadecimal digits, in no order."""
    return blake2b(str(number).encode(), digest_size=12).hexdigest().upper()


def make_traffic(parties: Parties, count: int, shares: Mapping[str, int]) -> Traffic:
    """``count`` letters, of each kind its share, shuffled the same way every time.

    All slot queries ask for the same day, as they do when times have just been released.
    """
    total = sum(shares.values())
    asked = [kind for kind, share in shares.items() for _ in range(count * share // total)]
    asked += [next(iter(shares))] * (count - len(asked))
    random.Random(count).shuffle(asked)
    writer, people = Writer(parties), citizens()
    offered = [Place(slot_id(-number), "c0", moment(number)) for number in range(1, ANSWER + 1)]
    places, letters = list(offered), []
    for number, kind in enumerate(asked):
        citizen = next(people)
        if kind == "HLT":
            letters.append(writer.look(citizen, offered[0].start))
            continue
        place = Place(
            slot_id(number), f"c{number % 2}", moment(_A_DAY + number), citizen if kind == "ART" else None
        )
        places.append(place)
        letters.append(writer.about(kind, citizen, place))
    return Traffic(parties, tuple(letters), tuple(places), asked.count("RT"), asked.count("ART"))


def make_questions(parties: Parties, count: int, days: int) -> Traffic:
    """``count`` slot queries about ``days`` days in turns, with as many free slots in each answer."""
    writer, people = Writer(parties), citizens()
    first = [_A_DAY * day for day in range(days)]
    places = [
        Place(slot_id(-start - number), "c0", moment(start + number))
        for start in first
        for number in range(1, ANSWER + 1)
    ]
    letters = [writer.look(next(people), moment(first[number % days])) for number in range(count)]
    return Traffic(parties, tuple(letters), tuple(places))


def moment(number: int) -> datetime:
    """The start of a calendar's slot with this number, from ten days ahead, by day in Norway: aware UTC."""
    day = datetime.now(UTC) + timedelta(days=10 + number // _A_DAY)
    return datetime.combine(day, time(7), UTC) + _MINUTES * (number % _A_DAY)


class Writer:
    """Writes letters from the hub to the clinic, each with a MsgId of its own."""

    def __init__(self, parties: Parties) -> None:
        self._templates = {asked: _template(case, parties) for asked, case in _CASES.items()}

    def look(self, citizen: str, day: datetime) -> Letter:
        """What is free on a day?"""
        return self._write("HLT", citizen=citizen, day=_local(day)[:10])

    def about(self, asked: str, citizen: str, place: Place) -> Letter:
        """Reserve a slot (RT), or cancel it (ART)."""
        return self._write(
            asked, citizen=citizen, slot=place.id, start=_local(place.start), end=_local(place.end)
        )

    def _write(self, asked: str, **what: str) -> Letter:
        text = self._templates[asked].format(msg_id=uuid4(), **what)
        return Letter(asked, str(uuid4()), text.encode())


def _template(case: str, parties: Parties) -> str:
    text = (FIXTURES / case / "request.xml").read_text(encoding="utf-8")
    text = re.sub(r"<!--.*?-->\n", "", text)
    text = re.sub(r"^ +", lambda found: 2 * found[0], text, flags=re.MULTILINE)  # about as large as in life
    text = text.replace(">60117<", f">{parties.hub}<").replace(">91095<", f">{parties.clinic}<")
    for hole, name in _HOLES.items():
        text = re.sub(hole, name, text)
    return text


def _local(when: datetime) -> str:
    return when.astimezone(_OSLO).strftime("%Y-%m-%dT%H:%M:%S")
