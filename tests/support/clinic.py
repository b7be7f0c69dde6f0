"""A small clinic in the store, and what a patient may ask of it.

One-step calendar ``korona``, two-step ``lab`` (holds last ten minutes), the practitioner ``linn``, and
``stengt``, which is closed. A second owner has a slot under the same id as the first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from handlers.desk import tables
from handlers.desk.requests import Book, Cancel, Reserve, SlotQuery
from tests.support.people import LINE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.desk.model import Patient

NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
HOLD = timedelta(minutes=10)
OWNER, OTHER_OWNER = "91095", "91096"
HPR = "9141200"


def _on(day: int, hour: int, minute: int) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC)


#: Slot id -> calendar, start, end. 08:10 UTC is 09:10 in Oslo.
SLOTS = {
    "K0": ("korona", _on(1, 6, 50), _on(1, 6, 55)),
    "K1": ("korona", _on(5, 8, 10), _on(5, 8, 15)),
    "K2": ("korona", _on(5, 8, 15), _on(5, 8, 20)),
    "K3": ("korona", _on(6, 8, 10), _on(6, 8, 15)),
    "L1": ("lab", _on(5, 8, 10), _on(5, 8, 20)),
    "L2": ("lab", _on(5, 9, 0), _on(5, 9, 10)),
    "D1": ("linn", _on(5, 10, 0), _on(5, 10, 15)),
    "C1": ("stengt", _on(5, 11, 0), _on(5, 11, 15)),
}
START, END = SLOTS["K1"][1:]


def fill(connection: Connection) -> None:
    """Enter the clinic."""
    for her_id, name in ((OWNER, "Vaksinasjonstjenesten"), (OTHER_OWNER, "Helsestasjonen")):
        owner = {"her_id": her_id, "name": name, "parent_her_id": "1234", "parent_name": "Beste kommune"}
        connection.execute(insert(tables.owner), owner)
    _calendar(connection, "korona", 0, category="Koronatest", text="Drive-in ved Hall 1", place="Hall 1")
    _calendar(connection, "lab", 1, category="Lab", hold_seconds=int(HOLD.total_seconds()))
    _calendar(connection, "linn", 2, hpr=HPR, family_name="Linn", given_name="Legesen")
    _calendar(connection, "stengt", 3, category="Annen", is_open=False)
    _calendar(connection, "korona", 0, her_id=OTHER_OWNER, category="Koronatest")
    for slot_id, (calendar_id, start, end) in SLOTS.items():
        _slot(connection, OWNER, slot_id, calendar_id, start, end)
    _slot(connection, OTHER_OWNER, "K1", "korona", START, END)


def _calendar(
    connection: Connection,
    id_: str,
    position: int,
    *,
    her_id: str = OWNER,
    is_open: bool = True,
    **values: Any,
) -> None:
    common = {"her_id": her_id, "id": id_, "position": position, "open": is_open, "name": f"Timebok {id_}"}
    conditions = {"conditions_version": "1", "conditions_text": "Du må ikke ha feber."}
    connection.execute(insert(tables.calendar), common | conditions | values)
    kind = {"her_id": her_id, "calendar_id": id_, "code": "time", "position": 0, "name": "Time & avtale"}
    connection.execute(insert(tables.time_type), kind | {"duration_seconds": 300})


def _slot(
    connection: Connection, her_id: str, id_: str, calendar_id: str, start: datetime, end: datetime
) -> None:
    row = {"her_id": her_id, "id": id_, "calendar_id": calendar_id, "type_code": "time"}
    connection.execute(insert(tables.slot), row | {"start": start, "end": end})


# --- what a patient may ask


def wish(slot_id: str, /, patient: Patient = LINE, **changes: Any) -> dict[str, Any]:
    """The fields of a reservation of a slot, as the slot list showed it."""
    _calendar_id, start, end = SLOTS.get(slot_id, SLOTS["K1"])
    return {"owner": OWNER, "patient": patient, "slot_id": slot_id, "start": start, "end": end} | changes


def reserve(slot_id: str, /, patient: Patient = LINE, **changes: Any) -> Reserve:
    return Reserve(**wish(slot_id, patient, **changes))


def book(slot_id: str, /, patient: Patient = LINE, **changes: Any) -> Book:
    return Book(**wish(slot_id, patient, **changes))


def cancel(
    *references: str, patient: Patient = LINE, owner: str = OWNER, reason: str | None = None
) -> Cancel:
    return Cancel(owner=owner, patient=patient, references=references, reason=reason)


def slot_query(start: datetime = NOW, end: datetime = NOW + timedelta(days=28), **changes: Any) -> SlotQuery:
    return SlotQuery(**{"owner": OWNER, "patient": LINE, "start": start, "end": end} | changes)
