"""A CPPA 2.0 file to what it says (helsenorge.md, A7; OASIS CPPA 2.0 for the elements).

Only the project's one hardened parser touches the bytes. Whatever is in a file, the one thing that is raised
is ``ProfileUnreadable``, with the file, the line and what to do. What we do not use is not looked at.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from adapter.addressing import is_her_id
from adapter.agreements.channels import read_certificates, read_queues
from adapter.agreements.elements import (
    Source,
    attribute,
    children,
    first,
    qualified,
    text_of,
    wanted,
)
from adapter.agreements.model import Agreement, Process, Profile
from adapter.errors import InvalidEncoding, NotWellFormed
from adapter.xml.parsing import Limits, parse

if TYPE_CHECKING:
    from pathlib import Path

    from lxml import etree

_PROFILE, _AGREEMENT = "CollaborationProtocolProfile", "CollaborationProtocolAgreement"
_TWO = 2
_LIMITS = Limits()
_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


class ProfileUnreadable(ValueError):
    """A file is no profile or agreement that makes sense: file, line, what is wrong, what to do."""


def read_file(file: Path) -> Profile | Agreement:
    """The profile or the agreement in a file. Raises ``ProfileUnreadable``, or ``OSError``."""
    size = file.stat().st_size
    if size > _LIMITS.bytes:
        raise ProfileUnreadable(f"{file.name}: it has {size} bytes, and no profile is that large")
    return read(file.read_bytes(), file.name)


def read(body: bytes, name: str) -> Profile | Agreement:
    """The same of bytes; ``name`` is what the file is called in errors."""
    source = Source(name, ProfileUnreadable)
    try:
        root = parse(body, _LIMITS)
    except NotWellFormed as fault:
        raise source.wrong(fault.line, fault.description, "fetch the file again") from None
    except InvalidEncoding as fault:
        raise source.wrong(0, fault.description, "fetch the file again") from None
    if wanted(root, _PROFILE):
        (party,) = _parties(root, source, 1)
        return party
    if wanted(root, _AGREEMENT):
        return _agreement(root, source)
    raise source.wrong(
        root,
        f"its root is not {_PROFILE} or {_AGREEMENT} of CPPA 2.0",
        "take it away, or put the profile or the agreement itself in its place",
    )


def _agreement(root: etree._Element, source: Source) -> Agreement:
    one, other = _parties(root, source, _TWO)
    if one.her_id == other.her_id:
        raise source.wrong(root, "both of its parties are the same", "fetch it again")
    start, end = _moment(root, "Start", source), _moment(root, "End", source)
    if end <= start:
        raise source.wrong(first(root, "End"), "End is not after Start", "have the agreement renewed")
    status = first(root, "Status")
    return Agreement(
        id=_cpa_id(root, source),
        status="" if status is None else attribute(status, "value") or "",
        start=start,
        end=end,
        parties=(one, other),
        place=source.place(root),
    )


def _cpa_id(root: etree._Element, source: Source) -> str:
    try:
        return str(UUID(attribute(root, "cpaid") or ""))
    except ValueError:
        raise source.wrong(root, "its cpaid is not a UUID", "fetch it again") from None


def _moment(root: etree._Element, name: str, source: Source) -> datetime:
    """An ``xs:dateTime`` as aware UTC; one without a zone is taken for UTC."""
    element = first(root, name)
    text = "" if element is None else text_of(element)
    wrong = source.wrong(
        root if element is None else element, f"{name} is not a date with a time", "fetch it again"
    )
    if not _A_MOMENT.fullmatch(text):
        raise wrong
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def _parties(root: etree._Element, source: Source, number: int) -> list[Profile]:
    found = children(root, "PartyInfo")
    if len(found) != number:
        what = f"it has {len(found)} PartyInfo, where {number} should be"
        raise source.wrong(root, what, "fetch it again")
    return [_party(one, source) for one in found]


def _party(info: etree._Element, source: Source) -> Profile:
    return Profile(
        her_id=_her_id(info, source),
        name=(attribute(info, "partyName") or "").strip(),
        processes=tuple(_process(one, source) for one in children(info, "CollaborationRole")),
        queues=read_queues(info, source),
        certificates=read_certificates(info, source),
        place=source.place(info),
    )


def _her_id(info: etree._Element, source: Source) -> str:
    for one in children(info, "PartyId"):
        if (attribute(one, "type") or "HER").casefold() == "her" and is_her_id(text_of(one)):
            return text_of(one)
    raise source.wrong(info, "PartyInfo has no PartyId that is a HER-id", "ask whoever made the file")


def _process(role: etree._Element, source: Source) -> Process:
    process, played = first(role, "ProcessSpecification"), first(role, "Role")
    name = None if process is None else attribute(process, "name")
    if process is None or not name:
        raise source.wrong(role, "CollaborationRole does not name its process", "ask whoever made the file")
    return Process(
        name=name.strip(),
        version=(attribute(process, "version") or "").strip(),
        role="" if played is None else (attribute(played, "name") or "").strip(),
        sends=_actions(role, "CanSend"),
        receives=_actions(role, "CanReceive"),
    )


def _actions(role: etree._Element, direction: str) -> tuple[str, ...]:
    """The actions of one direction, each once. What answers at once lies within what it answers."""
    bindings = (
        binding
        for one in role.iterdescendants(qualified(direction))
        for binding in children(one, "ThisPartyActionBinding")
    )
    return tuple(dict.fromkeys(name for one in bindings if (name := attribute(one, "action"))))
