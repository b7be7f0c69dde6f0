"""How a letter lies in its message: as it is, or sealed (helsenorge.md, A2 and A3; see ``seal/sealed.py``).

The pipeline asks for the letter and hands back its answers, and does not know which it is. Nothing here may
ever let the one pass where the other is asked for: what is plain has been signed by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adapter.addressing import PLAIN_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from adapter.message import Outbound, Properties


class Wrapping(Protocol):
    """What the road asks for. ``now`` is aware; ``properties`` are those of a message that came in."""

    @property
    def readable(self) -> Collection[str]:
        """The content types that a message may have, without their parameters."""

    def unwrap(self, body: bytes, properties: Properties, now: datetime) -> bytes:
        """The letter in a body. Raises ``TransportFault`` for the sender, ``OwnFault`` to try again."""

    def check_answerable(self, properties: Properties, process: str | None, now: datetime) -> None:
        """Raise what ``unwrap`` may raise if its sender could not be sent an answer now.

        Raises ``Unsupported`` if the sender is known to have no part in the process of the message (A6).
        """

    def wrap(self, outbound: Outbound, now: datetime) -> Outbound:
        """The message as it is to leave. Raises an ``OwnFault`` if it cannot."""

    def refresh(self, now: datetime) -> None:
        """Bring up to date what comes over the network. May take long; raises nothing."""


class Plain:
    """Letters as they are, for a hub that seals nothing: to be tried out with."""

    readable = PLAIN_TYPES

    def unwrap(self, body: bytes, _properties: Properties, _now: datetime) -> bytes:
        """See ``Wrapping.unwrap``."""
        return body

    def check_answerable(self, _properties: Properties, _process: str | None, _now: datetime) -> None:
        """See ``Wrapping.check_answerable``."""

    def wrap(self, outbound: Outbound, _now: datetime) -> Outbound:
        """See ``Wrapping.wrap``."""
        return outbound

    def refresh(self, _now: datetime) -> None:
        """See ``Wrapping.refresh``."""
