"""A store filled with what messages count on: the calendars, and the lists of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import KeysUnavailable
from adapter.service import make_office
from handlers.calendars.files import import_files, read_files
from handlers.desk import groups
from handlers.desk.group_file import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from adapter.playing.cases import PatientList
    from adapter.settings import Settings


def fill_store(
    engine: Engine, settings: Settings, calendars: Sequence[Path], patients: Sequence[PatientList]
) -> list[str]:
    """Bring calendars and lists into the store; gives the HER-ids of those who own calendars.

    Lists need the key that ``settings`` name. Raises ``CalendarFileError``, ``GroupFileError``,
    ``KeysUnavailable``.
    """
    files = read_files(calendars)
    with engine.begin() as connection:
        import_files(connection, files, settings.clock(), settings.zone)
        if patients:
            _fill_lists(connection, settings, patients)
    return [document.owner.her_id for file in files for document in file.documents]


def _fill_lists(connection: Connection, settings: Settings, patients: Sequence[PatientList]) -> None:
    fingerprint = make_office(settings).fingerprint
    if fingerprint is None:
        raise KeysUnavailable(
            "There are lists of patients to bring in, and no patients_key_file to keep them under."
        )
    for one in patients:
        numbers = numbers_of(one.file.read_text(encoding="utf-8"), str(one.file))
        groups.replace(connection, one.her_id, one.name, {fingerprint(number) for number in numbers})
