"""All slots that a calendar file means, on the day that it is imported and in the clinic's time zone.

Pure: it reads no store and changes nothing. What cannot be judged without the day or the zone is judged
here, all of it, before a single row is written. It must never make more slots than a limit, however
little is written in the file.

Slots of one resource may overlap, since it may have several places; a practitioner's may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from handlers.calendars.faults import CalendarFileError, FileFault, Path, written
from handlers.calendars.weekly import day_plan, occurrences, slot_id, to_utc, utc_span

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from handlers.calendars.entries import (
        CalendarDocument,
        CalendarEntry,
        OfferEntry,
        SlotEntry,
        TypeEntry,
        WeeklyEntry,
    )
    from handlers.calendars.file import CalendarFile

FURTHEST = timedelta(days=731)
MAX_SLOTS = 1_000_000


class Placed(NamedTuple):
    """A slot as it is to stand in the store; its moments are aware UTC."""

    id: str
    calendar_id: str
    type_code: str
    start: datetime
    end: datetime
    capacity: int = 1
    available_at: datetime | None = None
    must_call: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """An owner's calendars and, by id, the slots they mean from the day of import on."""

    document: CalendarDocument
    slots: dict[str, Placed]


def lay_out(file: CalendarFile, now: datetime, zone: ZoneInfo) -> tuple[Layout, ...]:
    """The slots of every document of ``file`` as of ``now`` (aware UTC), its times read in ``zone``.

    Explicit slots all, also past ones; those of weekly rules from ``now`` on.
    Raises ``CalendarFileError`` with everything that is wrong.
    """
    layouts, faults = [], []
    for number, document in enumerate(file.documents):
        drawing = _Drawing(file, number, now, zone)
        for index, calendar in enumerate(document.calendars):
            drawing.add(index, calendar)
        faults += drawing.faults
        layouts.append(Layout(document, drawing.slots))
    if faults:
        raise CalendarFileError(faults)
    return tuple(layouts)


class _Drawing:
    """One owner's slots while they are being laid out, with the place that each comes from."""

    def __init__(self, file: CalendarFile, number: int, now: datetime, zone: ZoneInfo) -> None:
        self.slots: dict[str, Placed] = {}
        self.faults: list[FileFault] = []
        self._origins: dict[str, Path] = {}
        self._file, self._number, self._now, self._zone = file, number, now, zone

    def add(self, index: int, calendar: CalendarEntry) -> None:
        path: Path = ("calendars", index)
        kinds = {kind.code: kind for kind in calendar.types}
        mine: dict[str, Placed] = {}
        for position, entry in enumerate(calendar.slots):
            self._explicit(mine, (*path, "slots", position), calendar.id, entry, kinds[entry.type])
        taken = {(slot.start, slot.type_code) for slot in mine.values()}
        for position, rule in enumerate(calendar.weekly):
            where = (*path, "weekly", position)
            for slot in self._weekly(where, calendar.id, rule, kinds[rule.type]):
                if (slot.start, slot.type_code) not in taken:
                    taken.add((slot.start, slot.type_code))
                    self._enter(mine, where, slot)
        if calendar.practitioner is not None:
            self._refuse_overlaps(mine)

    def _explicit(
        self, mine: dict[str, Placed], path: Path, calendar_id: str, entry: SlotEntry, kind: TypeEntry
    ) -> None:
        span = utc_span(entry.start, entry.end or entry.start + kind.duration, self._zone)
        if span is None:
            self._fault(
                path,
                f"at {entry.start:%Y-%m-%dT%H:%M} the clock jumps forward in {self._zone}; move the slot",
            )
            return
        name = entry.id or slot_id(calendar_id, span[0], entry.type)
        available = self._available(path, entry)
        slot = Placed(name, calendar_id, entry.type, *span, entry.capacity, available, entry.must_call)
        self._refuse_never_available(path, [slot], kind)
        self._enter(mine, path, slot)

    def _weekly(self, path: Path, calendar_id: str, rule: WeeklyEntry, kind: TypeEntry) -> list[Placed]:
        today = self._now.astimezone(self._zone).date()
        if rule.until > today + FURTHEST:
            self._fault((*path, "until"), f"{rule.until} is more than two years ahead; end the rule earlier")
        elif not day_plan(rule, kind.duration):
            message = f"no slot of {kind.duration} fits in from {rule.from_:%H:%M} to {rule.to:%H:%M}"
            self._fault((*path, "to"), message + " beside the breaks; widen the hours")
        else:
            offer = rule.capacity, self._available(path, rule), rule.must_call
            slots = [
                Placed(slot_id(calendar_id, start, rule.type), calendar_id, rule.type, start, end, *offer)
                for start, end in occurrences(rule, kind.duration, today, self._zone)
                if start >= self._now
            ]
            self._refuse_never_available(path, slots, kind)
            return slots
        return []

    def _available(self, path: Path, entry: OfferEntry) -> datetime | None:
        if entry.available_at is None:
            return None
        moment = to_utc(entry.available_at, self._zone)
        if moment is None:
            when = f"{entry.available_at:%Y-%m-%dT%H:%M}"
            self._fault(
                (*path, "available_at"), f"at {when} the clock jumps forward in {self._zone}; move it"
            )
        return moment

    def _refuse_never_available(self, path: Path, slots: list[Placed], kind: TypeEntry) -> None:
        latest = kind.policy.latest
        late = [slot for slot in slots if slot.available_at and slot.available_at >= slot.start - latest]
        if late:
            lead = f" (at the latest {latest} before)" if latest else ""
            more = f", and {len(late) - 1} times more" if len(late) > 1 else ""
            message = f"{self._local(late[0])} can then no longer be booked{lead}{more}"
            self._fault(
                (*path, "available_at"), message + "; make them available earlier, or offer later times"
            )

    def _enter(self, mine: dict[str, Placed], path: Path, slot: Placed) -> None:
        if (first := self.slots.get(slot.id)) is not None:
            other = written(self._origins[slot.id])
            if first == slot:
                self._fault(
                    path, f"is the same time and type as {other}; remove one, or give each an id of its own"
                )
            else:
                self._fault(path, f"would get the id {slot.id}, which {other} has; give that slot another id")
            return
        if len(self.slots) >= MAX_SLOTS:
            message = f"with this the file makes more than {MAX_SLOTS} slots; end the rules earlier"
            raise CalendarFileError([*self.faults, self._file.fault(self._number, path, message)])
        self.slots[slot.id] = mine[slot.id] = slot
        self._origins[slot.id] = path

    def _refuse_overlaps(self, mine: dict[str, Placed]) -> None:
        last: Placed | None = None
        found: dict[tuple[Path, Path], list[str]] = {}
        for slot in sorted(mine.values(), key=lambda slot: (slot.start, slot.end)):
            if last is not None and slot.start < last.end:
                pair = (self._origins[slot.id], self._origins[last.id])
                found.setdefault(pair, []).append(
                    f"{self._local(slot)} begins before {self._local(last)} is over"
                )
            if last is None or slot.end > last.end:
                last = slot
        for (path, other), times in found.items():
            more = f" (and {len(times) - 1} times more)" if len(times) > 1 else ""
            line, _ = self._file.place(self._number, other)
            message = f"overlaps {written(other)} on line {line}: {times[0]}{more}"
            self._fault(path, message + "; a practitioner sees one patient at a time, so move one of them")

    def _local(self, slot: Placed) -> str:
        start, end = slot.start.astimezone(self._zone), slot.end.astimezone(self._zone)
        return f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}"

    def _fault(self, path: Path, message: str) -> None:
        self.faults.append(self._file.fault(self._number, path, message))
