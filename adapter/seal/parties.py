"""Who the counterparties are, which certificates are theirs, and what is agreed with them.

A port, so that the national address registry can take the place of files (``register``). It must never
decide whether a certificate is any good: that is for ``trust``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from adapter.seal.certificates import Certificate, Use

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from adapter.agreements import Agreement, Profile


@dataclass(frozen=True, slots=True)
class Party:
    """A counterparty. ``certificates`` are what is registered for it, of any use and age.

    With an ``organisation`` (nine digits), any trusted certificate of that organisation may sign for it.
    ``profile`` is what it says of itself, ``agreements`` are those that it is a party to, also old ones.
    ``kept_from`` are thumbprints with a use that its profile has another certificate for.
    """

    her_id: str
    certificates: tuple[Certificate, ...]
    organisation: str | None = None
    profile: Profile | None = None
    agreements: tuple[Agreement, ...] = ()
    kept_from: frozenset[tuple[str, Use]] = frozenset()

    @property
    def name(self) -> str:
        """What it calls itself in its profile or in an agreement; empty where there is neither."""
        sides = (one.side(self.her_id) for one in self.agreements)
        return next((one.name for one in (self.profile, *sides) if one and one.name), "")

    def may_be_signed_for_by(self, certificate: Certificate) -> bool:
        """Whether a certificate, which somebody else has found to be good, is this party's."""
        if certificate in self.certificates:
            return (certificate.thumbprint, Use.SIGN) not in self.kept_from
        return self.organisation is not None and certificate.organisation == self.organisation

    @property
    def for_encrypting(self) -> tuple[Certificate, ...]:
        """The certificates to encrypt for, the newest first, without a word on whether they are valid."""
        return self.certificates_for(Use.ENCRYPT)

    def certificates_for(self, use: Use) -> tuple[Certificate, ...]:
        """The certificates for a use, the newest first, without a word on whether they are valid."""
        usable = [
            one
            for one in self.certificates
            if use in one.uses and (one.thumbprint, use) not in self.kept_from
        ]
        return tuple(sorted(usable, key=lambda one: one.not_before, reverse=True))

    def agreement_with(self, her_id: str, now: datetime) -> Agreement | None:
        """The newest agreement between it and another party that applies now."""
        between = (one for one in self.agreements if one.side(her_id) and one.applies(now))
        return max(between, key=lambda one: one.start, default=None)

    def supports(self, process: str, her_id: str, now: datetime) -> bool:
        """Whether it takes part in a process with the party ``her_id``, as far as is known (A6, A7).

        By what is agreed between the two, or else by its own profile; without either it may be any.
        """
        agreement = self.agreement_with(her_id, now)
        profile = agreement.side(self.her_id) if agreement else self.profile
        return profile is None or profile.supports(process)


class Parties(Protocol):
    """Where the counterparties come from."""

    def find(self, her_id: str) -> Party | None:
        """The party with that HER-id, or ``None``. Raises an ``OwnFault`` if that cannot be said just now."""

    def known(self) -> Collection[Party]:
        """Those that are known by now, for whoever looks after them; a registry may know many more."""
