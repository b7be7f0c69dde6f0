"""Messages from files: single ones, and cases, which say what is to be expected.

A case is a folder with a ``request.xml``. Beside it may stand ``properties.json`` (what the AMQP properties
are to be where they are not those that the message itself suggests; ``null`` leaves one out),
``expected.json`` (outcome, apprec, reply, error, as ``timebok replay --json`` prints them), ``apprec.xml``
and ``reply.xml`` (the documents, see ``comparing``), and a folder ``before`` with the messages that are
sent first. ``replay.toml`` in a folder above says which clock and calendars the messages count on.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

REQUEST = "request.xml"


@dataclass(frozen=True, slots=True)
class Sending:
    """A message to send: its file, its bytes, and what its properties are to be."""

    file: Path
    body: bytes = field(repr=False)
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A message to send, what to send before it, and what to expect of it (``None``: nothing is said)."""

    sending: Sending
    before: tuple[Sending, ...] = ()
    expected: Mapping[str, Any] | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PatientList:
    """A list of patients of an owner, in a file as ``timebok patients import`` reads it."""

    her_id: str
    name: str
    file: Path


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What messages count on: the time that it is, and what is in the store.

    That is calendars, lists of patients, and what staff have done: the referrals they have given and the
    appointments they have booked, each a table as it stands in ``replay.toml`` (see ``filling``).
    """

    now: datetime | None = None
    calendars: tuple[Path, ...] = ()
    patients_key_file: Path | None = None
    patients: tuple[PatientList, ...] = ()
    referrals: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    appointments: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


def find_cases(paths: Iterable[Path]) -> Iterator[Case]:
    """The cases and messages in files and folders: files in the order given, folders in that of their names.

    Raises ``FileNotFoundError`` for a path that is not there.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"There is no file or folder {path}")
        yield from _in_folder(path) if path.is_dir() else [_single(path)]


def find_circumstances(paths: Iterable[Path]) -> Circumstances:
    """What the nearest ``replay.toml`` above the first of the paths says; nothing when there is none."""
    for path in paths:
        for folder in [path, *path.resolve().parents]:
            file = folder / "replay.toml"
            if file.is_file():
                content = tomllib.loads(file.read_text(encoding="utf-8"))
                now = content.get("now")
                return Circumstances(
                    now=now if isinstance(now, datetime) or now is None else datetime.fromisoformat(now),
                    calendars=tuple(folder / name for name in content.get("calendars", ())),
                    patients_key_file=folder / content["patients_key_file"]
                    if "patients_key_file" in content
                    else None,
                    patients=tuple(
                        PatientList(her_id, name, folder / file)
                        for her_id, lists in content.get("patients", {}).items()
                        for name, file in lists.items()
                    ),
                    referrals=tuple(content.get("referrals", ())),
                    appointments=tuple(content.get("appointments", ())),
                )
        break
    return Circumstances()


def _in_folder(folder: Path) -> Iterator[Case]:
    if (folder / REQUEST).is_file():
        yield _case(folder)
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _in_folder(path)
        elif path.suffix == ".xml":
            yield _single(path)


def _single(file: Path) -> Case:
    return _case(file.parent) if file.name == REQUEST else Case(_sending(file))


def _case(folder: Path) -> Case:
    expected = folder / "expected.json"
    documents = {
        kind: file.read_bytes() for kind in ("apprec", "reply") if (file := folder / f"{kind}.xml").is_file()
    }
    return Case(
        sending=_sending(folder / REQUEST),
        before=tuple(_sending(file) for file in sorted((folder / "before").glob("*.xml"))),
        expected=json.loads(expected.read_text(encoding="utf-8")) if expected.is_file() else None,
        documents=documents,
    )


def _sending(file: Path) -> Sending:
    name = "properties.json" if file.name == REQUEST else f"{file.stem}.properties.json"
    properties = file.with_name(name)
    given = json.loads(properties.read_text(encoding="utf-8")) if properties.is_file() else {}
    return Sending(file, file.read_bytes(), given)
