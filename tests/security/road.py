"""The whole road of a message in this process, for whoever throws things at it.

From the bytes on a queue to what is committed, on a store in memory with the small clinic in it. Every
outcome is looked at on the way: nothing raises, nothing is put off as our own fault, whatever is sent is
something that its receiver can read, and whatever is logged is one plain line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapter import telemetry
from adapter.addressing import is_her_id
from adapter.batch import Batches
from adapter.database import open_engine
from adapter.dialects.helsenorge.dialect import Helsenorge
from adapter.errors import TransportFault
from adapter.mailbox.properties import to_wire
from adapter.outcome import Answered, Kind, Outcome, Refused, RetryLater, dispatches_of, name_of
from adapter.pipeline import Pipeline
from adapter.xml.parsing import Limits, parse
from adapter.xml.schema import Schema
from schemas import Catalogue
from tests.support.clinic import NOW, OWNER, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from adapter.message import Inbound, Outbound
    from adapter.outcome import Dispatch

OSLO = ZoneInfo("Europe/Oslo")
CONDITIONS = {kind.condition for kind in TransportFault.__subclasses__()}
_ANY_SIZE = Limits(10**9, 10**9, 100, 10**9, 10**9, 10**9)
_LONGEST_ON_THE_WIRE = 255
_PLAIN = re.compile(r"[ -~]{0,300}")


class Recorder:
    """Takes the place of a logger, and keeps what it was handed."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def info(self, event: str, **values: Any) -> None:
        self.lines.append({"event": event, **values})

    warning = error = info


class Road:
    """A pipeline on a store. ``send`` gives the outcome of a message once it has been looked at."""

    def __init__(
        self,
        schema: Schema | None = None,
        *,
        limits: Limits | None = None,
        engine: Engine | None = None,
        ours: Collection[str] = (OWNER,),
        clock: Callable[[], datetime] = lambda: NOW,
    ) -> None:
        self.schema = schema or Schema(Catalogue.load())
        self.engine = engine or clinic()
        self.dialect = Helsenorge(
            self.schema, OSLO, limits or Limits(), lambda: str(uuid4()), check_replies=True
        )
        self.batches = Batches(self.engine, Pipeline(self.dialect, ours), clock, lambda: str(uuid4()))

    def send(self, inbound: Inbound) -> Outcome:
        """What became of a message."""
        return self.send_all([inbound])[0]

    def send_all(self, batch: Sequence[Inbound]) -> list[Outcome]:
        """What became of a batch of messages."""
        outcomes = self.batches.process(batch)
        assert len(outcomes) == len(batch)
        for inbound, outcome in zip(batch, outcomes, strict=True):
            self.look_at(inbound, outcome)
        return outcomes

    def look_at(self, inbound: Inbound, outcome: Outcome) -> None:
        """Fail if an outcome is one that no message, however strange, may have."""
        assert isinstance(outcome, Outcome)
        assert not isinstance(outcome, RetryLater), f"our own fault: {outcome.reason}"
        if isinstance(outcome, Refused):
            assert outcome.reason in CONDITIONS
        if isinstance(outcome, Refused | Answered):
            assert outcome.dispatches, "somebody has to hear of it"
        for dispatch in dispatches_of(outcome):
            self._look_at_message(dispatch)
        for name, value in logged(inbound, outcome).items():
            assert _PLAIN.fullmatch(str(value)), f"not to be logged: {name}={value!r}"

    def _look_at_message(self, dispatch: Dispatch) -> None:
        message = dispatch.outbound
        assert _fits_on_the_wire(message)
        if dispatch.kind is Kind.ERROR:
            owner, _, role = message.queue.rpartition("_")
            assert is_her_id(owner)
            assert role == "error"
            assert message.body == b""
        else:
            assert self.schema.allows(parse(message.body, _ANY_SIZE))


def said(outcome: Outcome) -> str:
    """What became of a message and what was sent for it, such as ``answered 2 T02`` or ``answered 1 05``."""
    words = [name_of(outcome)]
    for dispatch in dispatches_of(outcome):
        words += [dispatch.code, *dict.fromkeys(dispatch.errors)]
    return " ".join(words)


def logged(inbound: Inbound, outcome: Outcome) -> dict[str, Any]:
    """The line that the service logs about a message."""
    recorder, usual = Recorder(), telemetry.log
    telemetry.log = recorder  # type: ignore[assignment] # it has what is used
    try:
        telemetry.tell(inbound, outcome)
    finally:
        telemetry.log = usual
    return recorder.lines[0]


def clinic() -> Engine:
    """A store in memory with the small clinic."""
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        fill(connection)
    return engine


def _fits_on_the_wire(message: Outbound) -> bool:
    """Whether AMQP 0-9-1 can carry it: short strings have 255 bytes, and the headers share a frame."""
    wire = to_wire(message)
    texts = wire.message_id, wire.correlation_id, wire.reply_to, wire.message_type, wire.content_type
    return all(len((text or "").encode()) <= _LONGEST_ON_THE_WIRE for text in (*texts, message.queue))
