"""The hub as it really is: a peer that speaks AMQP 1.0 to the same broker, with Qpid Proton.

It reads and writes with that library alone; nothing of ours encodes or decodes a property of its messages.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from proton import Message, Timeout
from proton.utils import BlockingConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapter.message import Properties

PATIENCE = 30.0
_WAITS = 15.0  # seconds


class Raw:
    """An encoded message, for what the library does not write."""

    def __init__(self, encoded: bytes) -> None:
        self._encoded = encoded

    def send(self, sender: Any, tag: str | None = None) -> Any:
        delivery = sender.delivery(tag or sender.delivery_tag())
        sender.stream(self._encoded)
        sender.advance()
        return delivery


@dataclass(frozen=True, slots=True)
class Came:
    """A message that came to a queue of the hub's."""

    queue: str
    message: Any

    @property
    def body(self) -> bytes:
        assert self.message.inferred, "the body is a data section"
        return bytes(self.message.body)

    @property
    def named(self) -> dict[str, Any]:
        """The application properties."""
        return self.message.properties or {}

    @property
    def about(self) -> Any:
        """The id that it says it is about: the error messages', or that of the conversation."""
        return self.named.get("originalMessageId") or self.message.correlation_id


class ProtonHub:
    """Sends to any queue, and takes in what comes to ``queues``, all of which are there."""

    def __init__(self, port: int, queues: Iterable[str]) -> None:
        url = f"amqp://guest:guest@127.0.0.1:{port}"
        self.came: list[Came] = []
        self._connection = BlockingConnection(url, timeout=PATIENCE, allowed_mechs="PLAIN")
        self._senders: dict[str, Any] = {}
        self._receivers = {queue: self._receiver(queue) for queue in queues}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, message: Any, queue: str) -> None:
        """Send, and wait until the broker has it."""
        if queue not in self._senders:
            self._senders[queue] = self._connection.create_sender(f"/amq/queue/{queue}")
        self._senders[queue].send(message)

    def wait_until(self, holds: Callable[[], bool]) -> bool:
        """Take in what comes until ``holds``; whether it did in time."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            try:
                self._connection.wait(self._has_come, timeout=max(0.01, deadline - time.monotonic()))
            except Timeout:
                return False
            for queue, receiver in self._receivers.items():
                while receiver.fetcher.has_message:
                    self.came.append(Came(queue, receiver.fetcher.pop()))
                    receiver.accept()
        return True

    def answers_to(self, message_id: Any) -> list[Came]:
        """What has come about a message so far, in this order."""
        return [one for one in self.came if one.about == message_id]

    def ask(self, message: Any, queue: str, count: int = 1) -> list[Came]:
        """Send, and give the first messages that come for it."""
        self.send(message, queue)
        about = message.id or message.correlation_id
        assert self.wait_until(lambda: len(self.answers_to(about)) >= count), f"{count} answers to {about}"
        return self.answers_to(about)

    def _receiver(self, queue: str) -> Any:
        return self._connection.create_receiver(f"/amq/queue/{queue}", credit=500)

    def _has_come(self) -> bool:
        return any(receiver.fetcher.has_message for receiver in self._receivers.values())


def message_of(body: bytes, properties: Properties, *, waits: bool) -> Any:
    """A message as the hub sends it: one data section, and application properties that are strings (A2)."""
    named = {
        "cpaId": properties.cpa_id,
        "applicationTimeStamp": properties.application_timestamp,
        "fromHerId": properties.from_her_id,
        "toHerId": properties.to_her_id,
        **properties.headers,
    }
    message = Message(body=body, inferred=True, durable=True, ttl=_WAITS if waits else 0)
    message.properties = {name: value for name, value in named.items() if value is not None}
    message.id, message.correlation_id = properties.message_id, properties.correlation_id
    message.address, message.reply_to = properties.to, properties.reply_to
    message.subject = properties.subject or None
    if properties.content_type is not None:
        message.content_type = properties.content_type
    return message
