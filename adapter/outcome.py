"""What becomes of a message: one sum type, so that whoever settles a delivery has to look at every case.

An outcome is a value. It is decided in the pipeline and carried out by the service; it does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.message import Outbound


class Kind(StrEnum):
    """What a message that we send is to its receiver."""

    APPREC = "apprec"
    REPLY = "reply"
    ERROR = "error"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A message that we send, with what the ledger needs to know of it without reading its bytes.

    ``msg_id`` is the id that the receiver will name in an AppRec. ``code`` is the TemaKodet of a reply,
    the TypeForesp of a notice, the status of an AppRec, the errorCondition of an error message; ``errors``
    are an AppRec's 8221 codes.
    """

    kind: Kind
    outbound: Outbound
    function: str
    code: str
    msg_id: str | None = None
    errors: tuple[str, ...] = ()

    def with_outbound(self, outbound: Outbound) -> Dispatch:
        """The same about another ``outbound``; itself, if that is the one it has."""
        return self if outbound is self.outbound else replace(self, outbound=outbound)


@dataclass(frozen=True, slots=True)
class About:
    """What a message turned out to be, as far as it could be read."""

    function: str | None = None
    code: str | None = None
    msg_id: str | None = None
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """Understood or not, it is answered in its own kind: with a receipt, a reply, or both."""

    about: About
    dispatches: tuple[Dispatch, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The transport around it is broken: an error message goes to the sender's error queue."""

    about: About
    dispatches: tuple[Dispatch, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A receipt or an error message about something that we sent; written down, never answered.

    ``reason`` says when it is about nothing that we know of.
    """

    about: About
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """It has been here before: nothing happens, and nothing is sent."""

    about: About
    reason: str


@dataclass(frozen=True, slots=True)
class RetryLater:
    """We have failed, not the message: it waits and is tried again.

    ``endlessly`` says that it is not given up, however often: it waits for something that will be there.
    """

    about: About
    reason: str
    endlessly: bool = False


@dataclass(frozen=True, slots=True)
class Parked:
    """Nobody can be told and nothing can be done: it is laid aside for a person, with its reason."""

    about: About
    reason: str


Outcome = Answered | Refused | Noted | Ignored | RetryLater | Parked

_NAMES: dict[type[Outcome], str] = {
    Answered: "answered",
    Refused: "refused",
    Noted: "noted",
    Ignored: "ignored",
    RetryLater: "retry-later",
    Parked: "parked",
}


def name_of(outcome: Outcome) -> str:
    """The outcome's name in the ledger, in logs and in what the command prints."""
    return _NAMES[type(outcome)]


def dispatches_of(outcome: Outcome) -> tuple[Dispatch, ...]:
    """What is to be sent because of the outcome."""
    return outcome.dispatches if isinstance(outcome, Answered | Refused) else ()
