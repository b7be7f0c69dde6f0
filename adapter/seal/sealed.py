"""The seal as the road of a message sees it: what ``adapter/wrapping.py`` asks for, kept by a seal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapter.addressing import SEALED_TYPES
from adapter.errors import NotSealed, TransportFault
from adapter.seal import CONTENT_TYPE

if TYPE_CHECKING:
    from datetime import datetime

    from adapter.message import Outbound, Properties
    from adapter.seal import Seal


class Sealed:
    """Letters under ``seal``, in both directions."""

    readable = SEALED_TYPES

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def unwrap(self, body: bytes, properties: Properties, now: datetime) -> bytes:
        """See ``Wrapping.unwrap``."""
        sender, receiver = properties.from_her_id or "", properties.to_her_id or ""
        return self._seal.open(body, sender=sender, receiver=receiver, now=now).content

    def check_answerable(self, properties: Properties, now: datetime) -> None:
        """See ``Wrapping.check_answerable``."""
        sender, receiver = properties.to_her_id or "", properties.from_her_id or ""
        self._seal.check_answerable(sender=sender, receiver=receiver, now=now)

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
        return replace(outbound, body=body, properties=replace(properties, content_type=CONTENT_TYPE))

    def refresh(self, now: datetime) -> None:
        """See ``Wrapping.refresh``."""
        self._seal.refresh(now)
