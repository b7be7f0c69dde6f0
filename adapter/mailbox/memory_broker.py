"""A broker within the process: queues, consumers, dead-lettering and expiry, as a mailbox sees them.

Several mailboxes may share one, such as a clinic's and that of an in-process player of the hub. It must never
be kinder than RabbitMQ in what the contract tests look at: who consumes gets its prefetch and no more, and
what is not settled comes back.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from adapter.mailbox.port import QueueMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.message import Outbound


@dataclass(slots=True, eq=False)
class Stored:
    """A message on a queue, with what the broker knows about it."""

    message: Outbound
    expires_at: float | None
    returns: int = 0

    @property
    def redelivered(self) -> bool:
        """It has been handed out before."""
        return self.returns > 0


@dataclass(slots=True, eq=False)
class Consumer:
    """Who takes from a queue: at most ``prefetch`` messages at once, each known by a number."""

    queue: str
    prefetch: int
    hand_over: Callable[[Consumer, int, Stored], None]
    cancelled: Callable[[Consumer], None]
    in_hand: dict[int, Stored] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Queue:
    dead_letter: str | None
    limit: int | None
    messages: deque[Stored] = field(default_factory=deque)
    consumers: deque[Consumer] = field(default_factory=deque)


class MemoryBroker:
    """The queues. All calls take effect at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds, for messages that expire."""
        self._clock = clock
        self._queues: dict[str, _Queue] = {}
        self._numbers = itertools.count(1)

    def declare(self, queue: str, dead_letter: str | None = None, limit: int | None = None) -> None:
        """Makes a queue, unless it is there.

        ``dead_letter`` is the queue for what is rejected for good; ``limit`` is how often a message may be
        given back before it goes there too.
        """
        self._queues.setdefault(queue, _Queue(dead_letter, limit))

    def exists(self, queue: str) -> bool:
        """Whether there is a queue of that name."""
        return queue in self._queues

    def waiting(self, queue: str) -> int:
        """How many messages lie on a queue and in nobody's hands. Raises ``QueueMissing``."""
        return len(self._find(queue).messages)

    def delete(self, queue: str) -> None:
        """Removes a queue with its messages; its consumers are told.

        Raises:
            QueueMissing: there is none of that name.
        """
        gone = self._find(queue)
        del self._queues[queue]
        for consumer in gone.consumers:
            consumer.cancelled(consumer)

    def deliver(self, message: Outbound) -> bool:
        """Puts a message on its queue; false when there is no such queue."""
        if message.queue not in self._queues:
            return False
        ttl = None if message.ttl is None else self._clock() + message.ttl.total_seconds()
        self._queues[message.queue].messages.append(Stored(message, ttl))
        self._push(message.queue)
        return True

    def expire(self) -> None:
        """Looks at the clock: moves what has expired, wherever it lies. A real broker does so by itself."""
        for queue in list(self._queues.values()):
            self._expire(queue)

    def taken(self, queue: str) -> list[Outbound]:
        """Takes all that lies on a queue off it, the oldest first.

        Raises:
            QueueMissing: there is none of that name.
        """
        found = self._find(queue)
        self.expire()
        messages = [stored.message for stored in found.messages]
        found.messages.clear()
        return messages

    def consume(self, consumer: Consumer) -> None:
        """Hands the queue's messages to a consumer from now on. Raises ``QueueMissing``."""
        self._find(consumer.queue).consumers.append(consumer)
        self._push(consumer.queue)

    def cancel(self, consumer: Consumer) -> None:
        """Hands it no more. What it has in hand stays there."""
        queue = self._queues.get(consumer.queue)
        if queue is not None and consumer in queue.consumers:
            queue.consumers.remove(consumer)

    def disconnect(self, consumer: Consumer) -> None:
        """Cancels a consumer and puts back what it has in hand, in its old order."""
        self.cancel(consumer)
        for number in sorted(consumer.in_hand, reverse=True):
            self.reject(consumer, number, requeue=True)

    def ack(self, consumer: Consumer, number: int) -> None:
        """Forgets a message. Does nothing when it is not in that consumer's hands."""
        if consumer.in_hand.pop(number, None) is not None:
            self._push(consumer.queue)

    def reject(self, consumer: Consumer, number: int, *, requeue: bool) -> None:
        """Puts a message back to the front of its queue, or onto the dead-letter queue."""
        stored = consumer.in_hand.pop(number, None)
        queue = self._queues.get(consumer.queue)
        if stored is None or queue is None:
            return
        stored.returns += 1
        if requeue and (queue.limit is None or stored.returns <= queue.limit):
            queue.messages.appendleft(stored)
        else:
            self._park(queue, stored)
        self._push(consumer.queue)

    def _find(self, queue: str) -> _Queue:
        try:
            return self._queues[queue]
        except KeyError:
            raise QueueMissing(f"the queue {queue} does not exist") from None

    def _expire(self, queue: _Queue) -> None:
        """Takes off what has expired. As in RabbitMQ, only at the front, and onto the dead-letter queue."""
        now = self._clock()
        while queue.messages and (expiry := queue.messages[0].expires_at) is not None and expiry <= now:
            self._park(queue, queue.messages.popleft())

    def _park(self, queue: _Queue, stored: Stored) -> None:
        """What is parked expires no more, and its returns are counted from the start."""
        if queue.dead_letter is not None:
            self.deliver(replace(stored.message, queue=queue.dead_letter, ttl=None))

    def _push(self, name: str) -> None:
        """Hands out what waits, to each consumer in turn, as far as their prefetch goes."""
        queue = self._queues.get(name)
        if queue is None:
            return
        self._expire(queue)
        while queue.messages:
            free = next((each for each in queue.consumers if len(each.in_hand) < each.prefetch), None)
            if free is None:
                return
            queue.consumers.remove(free)  # to the end: whose turn it was waits for the others
            queue.consumers.append(free)
            number, stored = next(self._numbers), queue.messages.popleft()
            free.in_hand[number] = stored
            free.hand_over(free, number, stored)
            self._expire(queue)
