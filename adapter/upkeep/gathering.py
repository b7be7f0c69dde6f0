"""Everything that is known of us and of others, from the store, the settings and the files of the seal.

What cannot be read is told and does not hide the rest. It must never need a broker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from adapter.errors import KeysUnavailable
from adapter.mailbox.topology import dead_letter_queue, queue_name
from adapter.message import Lane
from adapter.seal.keys import OwnKeys
from adapter.seal.register import PartiesInFiles
from adapter.seal.revocation import RevocationLists
from adapter.seal.trust import Trust
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from adapter.seal.certificates import Certificate
    from adapter.seal.keys import OwnKey
    from adapter.seal.parties import Party
    from adapter.settings import Settings
    from handlers.desk.model import Owner

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OurParty:
    """A party that we answer for; ``owner`` is ``None`` for one that has no calendars."""

    her_id: str
    owner: Owner | None
    keys: tuple[OwnKey, ...]

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Of its keys, the newest first."""
        return tuple(key.certificate for key in self.keys)

    @property
    def queues(self) -> tuple[str, ...]:
        """Those that it is served from, and the one where messages are parked."""
        return (*(queue_name(self.her_id, lane) for lane in Lane), dead_letter_queue(self.her_id))


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it. ``faults`` are about files that cannot be read; what is in them is missing from the rest."""

    is_sealed: bool
    ours: tuple[OurParty, ...]
    others: tuple[Party, ...]
    keys: OwnKeys | None
    trust: Trust | None
    faults: tuple[str, ...]

    def our_party(self, her_id: str) -> OurParty | None:
        """The party of ours with that HER-id."""
        return next((one for one in self.ours if one.her_id == her_id), None)

    def other_party(self, her_id: str) -> Party | None:
        """The counterparty with that HER-id."""
        return next((one for one in self.others if one.her_id == her_id), None)


def gather(settings: Settings, connection: Connection, now: datetime) -> Standing:
    """How things are now. Revocation lists are fetched where they come over the network, which may take long.

    Our parties are those of the settings, or else the owners in the store (as in ``service.parties``).
    """
    faults: list[str] = []

    def tried(make: Callable[[], T]) -> T | None:
        try:
            return make()
        except KeysUnavailable as fault:
            faults.append(str(fault))
            return None

    folder, parties, authorities = settings.seal_keys, settings.seal_parties, settings.seal_authorities
    passphrase = settings.seal_passphrase_file
    keys = tried(lambda: OwnKeys(folder, passphrase)) if folder else None
    register = tried(lambda: PartiesInFiles(parties)) if parties else None
    lists = settings.seal_revocation_lists
    trust = tried(lambda: Trust(authorities, RevocationLists(lists))) if authorities else None
    if trust is not None:
        trust.refresh(now)
    owners = {one.her_id: one for one in Desk(connection, now, lambda: str(uuid4())).owners()}
    ours = tuple(
        OurParty(her_id, owners.get(her_id), keys.all_of(her_id) if keys else ())
        for her_id in settings.her_ids or owners
    )
    our_ids = {one.her_id for one in ours}
    others = [one for one in (register.known() if register else ()) if one.her_id not in our_ids]
    return Standing(
        is_sealed=folder is not None,
        ours=ours,
        others=tuple(sorted(others, key=lambda one: int(one.her_id))),
        keys=keys,
        trust=trust,
        faults=tuple(faults),
    )
