"""The seal as the road of a message sees it: what ``adapter/wrapping.py`` asks for, kept by a seal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from adapter.addressing import SEALED_TYPES
from adapter.errors import NotSealed, TransportFault, Unsupported
from adapter.seal import CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from adapter.message import Outbound, Properties
    from adapter.seal import Seal

log = structlog.get_logger(__name__)

_WARN_BEFORE, _WARN_EVERY = timedelta(days=30), timedelta(days=1)


class Sealed:
    """Letters under ``seal``, in both directions; ``ours`` are the HER-ids that we answer for."""

    readable = SEALED_TYPES

    def __init__(self, seal: Seal, ours: Collection[str] = ()) -> None:
        self._seal = seal
        self._ours = ours
        self._warned: datetime | None = None

    def unwrap(self, body: bytes, properties: Properties, now: datetime) -> bytes:
        """See ``Wrapping.unwrap``."""
        sender, receiver = properties.from_her_id or "", properties.to_her_id or ""
        return self._seal.open(body, sender=sender, receiver=receiver, now=now).content

    def check_answerable(self, properties: Properties, process: str | None, now: datetime) -> None:
        """See ``Wrapping.check_answerable``."""
        sender, receiver = properties.to_her_id or "", properties.from_her_id or ""
        self._seal.check_answerable(sender=sender, receiver=receiver, now=now)
        party = self._seal.find(receiver)
        if party and process and not party.supports(process, sender, now):
            raise Unsupported("The collaboration profile of the sender does not have this process")

    def wrap(self, outbound: Outbound, now: datetime) -> Outbound:
        """See ``Wrapping.wrap``.

        A certificate that is no longer good is no fault of the message by now: the desk has decided, and what
        it has decided must not stand without its answer.
        """
        properties = outbound.properties
        sender, receiver = properties.from_her_id or "", properties.to_her_id or ""
        try:
            body = self._seal.close(outbound.body, sender=sender, receiver=receiver, now=now)
        except TransportFault as fault:
            raise NotSealed(f"It cannot be sealed for its receiver: {fault.condition}") from fault
        # The one that the request names is the one that they go by; ours may be older (A2).
        cpa_id = properties.cpa_id or self._agreement_id(sender, receiver, now)
        return replace(
            outbound, body=body, properties=replace(properties, content_type=CONTENT_TYPE, cpa_id=cpa_id)
        )

    def refresh(self, now: datetime) -> None:
        """See ``Wrapping.refresh``. Once a day it says which certificates run out."""
        self._seal.refresh(now)
        if self._warned is None or now - self._warned >= _WARN_EVERY:
            self._warned = now
            self._warn(now)

    def _agreement_id(self, sender: str, receiver: str, now: datetime) -> str | None:
        party = self._seal.find(receiver)
        agreement = None if party is None else party.agreement_with(sender, now)
        return None if agreement is None else agreement.id

    def _warn(self, now: datetime) -> None:
        for one in self._seal.expiring(self._ours, now, _WARN_BEFORE):
            whose = "a certificate of ours" if one.is_ours else "a certificate of a counterparty"
            log.warning(
                f"{whose} has expired" if one.has_expired else f"{whose} expires within 30 days",
                her_id=one.her_id,
                thumbprint=one.certificate.thumbprint,
                serial=one.certificate.serial,
            )
