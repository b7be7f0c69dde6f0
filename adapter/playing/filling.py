"""A store filled with what messages count on: calendars, lists of patients, and what staff have done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import handlers
from adapter.service import make_office
from handlers.calendars.files import import_files, read_files
from handlers.desk import groups, referrals
from handlers.desk.group_file import numbers_of
from handlers.desk.model import Fixed, Patient, Referral
from handlers.desk.replies import Booked
from handlers.desk.requests import Actor, Book
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Engine

    from adapter.playing.cases import Circumstances
    from adapter.settings import Settings


class FillingError(ValueError):
    """Something that staff are to have done cannot have been done."""


def fill_store(engine: Engine, settings: Settings, circumstances: Circumstances) -> list[str]:
    """Bring it all into the store; gives the HER-ids of those who own calendars.

    Lists need the key that ``settings`` name. Raises ``CalendarFileError``, ``GroupFileError`` and
    ``FillingError``.
    """
    files = read_files(circumstances.calendars)
    with engine.begin() as connection:
        import_files(connection, files, settings.clock(), settings.zone)
        if fingerprint := make_office(settings).fingerprint:
            for one in circumstances.patients:
                numbers = numbers_of(one.file.read_text(encoding="utf-8"), str(one.file))
                groups.replace(connection, one.her_id, one.name, set(map(fingerprint, numbers)))
    enter_what_staff_did(engine, settings, circumstances)
    return [document.owner.her_id for file in files for document in file.documents]


def enter_what_staff_did(engine: Engine, settings: Settings, circumstances: Circumstances) -> None:
    """Enter the referrals and appointments of staff, under the ids that messages name; nobody is told.

    Raises ``FillingError``.
    """
    with engine.begin() as connection:
        for given in circumstances.referrals:
            referrals.enter(connection, _referral(given, settings.zone), settings.clock())
        for booked in circumstances.appointments:
            _book(connection, booked, settings)


def _referral(given: Mapping[str, Any], zone: ZoneInfo) -> Referral:
    return Referral(
        id=given["id"],
        her_id=given["her_id"],
        national_id=given["patient"],
        calendar_id=given.get("calendar"),
        type_code=given["type"],
        opens=_moment(given["opens"], zone),
        closes=_moment(given["closes"], zone),
    )


def _book(connection: Connection, booked: Mapping[str, Any], settings: Settings) -> None:
    desk = Desk(connection, settings.clock(), lambda: booked["id"], make_office(settings))
    slot = desk.slot(booked["her_id"], booked["slot"])
    if slot is None:
        raise FillingError(f"replay.toml: staff cannot have booked {booked['slot']}, which is no slot")
    wish = Book(
        owner=booked["her_id"],
        patient=Patient(booked["patient"], booked["family_name"], booked["given_name"]),
        by=Actor.STAFF,
        slot_id=slot.id,
        start=slot.start,
        end=slot.end,
        fixed=Fixed(booked["fixed"]) if "fixed" in booked else None,
    )
    if not isinstance(reply := handlers.handle(wish, desk), Booked):
        raise FillingError(f"replay.toml: staff cannot have booked {slot.id}: {reply}")


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A local time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
