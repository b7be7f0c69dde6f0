"""Which certificates will have run out soon, with nothing to take their place.

A certificate that has a successor beside it is nobody's concern, whatever its date: the last of them that
lasts for a use is. It must never judge one: that is for ``trust``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapter.seal.certificates import Use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime, timedelta

    from adapter.seal.certificates import Certificate
    from adapter.seal.keys import OwnKeys
    from adapter.seal.parties import Parties


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate that expires, or has expired, as the last that a party has for a use."""

    her_id: str
    is_ours: bool
    certificate: Certificate
    has_expired: bool


def last_of(certificates: Iterable[Certificate], use: Use) -> Certificate | None:
    """The one that lasts longest of those that may be put to a use."""
    return max((one for one in certificates if use in one.uses), key=lambda one: one.not_after, default=None)


def expiring(
    keys: OwnKeys, parties: Parties, ours: Collection[str], now: datetime, within: timedelta
) -> Iterator[Expiring]:
    """Everything that will have run out ``within`` that time: of ``ours`` first, then of all others."""
    for her_id in ours:
        mine = [key.certificate for key in keys.all_of(her_id)]
        yield from _expiring(her_id, [last_of(mine, use) for use in Use], now, within, is_ours=True)
    for party in parties.known():
        # Where any certificate of its organisation may sign, none in particular has to last.
        uses = [use for use in Use if not (use is Use.SIGN and party.organisation)]
        last = [last_of(party.certificates_for(use), use) for use in uses]
        if party.her_id not in ours:
            yield from _expiring(party.her_id, last, now, within, is_ours=False)


def _expiring(
    her_id: str, last: Iterable[Certificate | None], now: datetime, within: timedelta, *, is_ours: bool
) -> Iterator[Expiring]:
    for one in dict.fromkeys(last):
        if one is not None and one.not_after < now + within:
            yield Expiring(her_id, is_ours, one, one.not_after < now)
