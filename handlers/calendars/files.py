"""Several calendar files as one: read from disk, told of together, imported together or not at all.

It must never let one file undo another: a file holds all calendars of its owners, so an owner stands in one
file only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.calendars.faults import CalendarFileError, FileFault
from handlers.calendars.file import CalendarFile, read_calendar_file
from handlers.calendars.importing import import_calendars
from handlers.calendars.tree import MAX_CHARACTERS, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from handlers.calendars.report import ImportReport


def read_files(paths: Iterable[Path]) -> list[CalendarFile]:
    """The calendar files at ``paths``. Raises ``CalendarFileError`` with what is wrong in any of them."""
    files: list[CalendarFile] = []
    faults: list[FileFault] = []
    owners: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        try:
            file = read_file(path)
        except CalendarFileError as error:
            faults += error.faults
            continue
        files.append(file)
        for number, document in enumerate(file.documents):
            her_id = document.owner.her_id
            if (other := owners.setdefault(her_id, file.source)) != file.source:
                message = f"{her_id} is the owner in {other} too; one file holds all calendars of an owner"
                faults.append(file.fault(number, ("owner", "her_id"), message))
    if faults:
        raise CalendarFileError(faults)
    return files


def read_file(path: Path) -> CalendarFile:
    """The calendar file at ``path``, which is UTF-8. Raises ``CalendarFileError`` with all that is wrong."""
    source = str(path)
    try:
        if path.stat().st_size > MAX_CHARACTERS:
            raise CalendarFileError([FileFault(source, 1, 1, "file", too_large(MAX_CHARACTERS))])
        content = path.read_bytes()
    except OSError as error:
        fault = FileFault(source, 1, 1, "file", f"cannot be opened: {error.strerror}")
        raise CalendarFileError([fault]) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        message = f"the byte {content[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise CalendarFileError([FileFault(source, line, column, "file", message)]) from None
    return read_calendar_file(text, source)


def import_files(
    connection: Connection, files: Iterable[CalendarFile], now: datetime, zone: ZoneInfo
) -> list[ImportReport]:
    """``import_calendars`` for each file, in one transaction (the caller's, who rolls back what raises).

    Raises ``CalendarFileError`` with what is wrong in any of them.
    """
    reports: list[ImportReport] = []
    faults: list[FileFault] = []
    for file in files:
        try:
            reports.append(import_calendars(connection, file, now, zone))
        except CalendarFileError as error:
            faults += error.faults
    if faults:
        raise CalendarFileError(faults)
    return reports
