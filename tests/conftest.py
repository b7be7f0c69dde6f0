"""What any test may ask for: a broker, and a party of its own on it."""

from __future__ import annotations

import os
import random
from contextlib import ExitStack
from typing import TYPE_CHECKING

import aio_pika
import pytest

from tools.broker import Broker, NoBroker, broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SUFFIXES = ("async", "sync", "error", "dl", "syncreply", "reply")


class BrokerOnDemand:
    """Starts the session's broker when the first test asks for it, and only then."""

    def __init__(self, stack: ExitStack) -> None:
        self.found: Broker | None = None
        self._why_not = ""
        self._stack = stack

    def get(self) -> Broker:
        """The broker. Without one the test is skipped, or fails where nothing may be skipped (CI)."""
        if self.found is None and not self._why_not:
            try:
                self.found = self._stack.enter_context(broker())
            except NoBroker as error:
                self._why_not = str(error)
        if self.found is None:
            if os.environ.get("CI"):
                pytest.fail(self._why_not)
            pytest.skip(self._why_not)
        return self.found


@pytest.fixture(scope="session")
def broker_on_demand() -> Iterator[BrokerOnDemand]:
    with ExitStack() as stack:
        yield BrokerOnDemand(stack)


@pytest.fixture
def amqp_broker(broker_on_demand: BrokerOnDemand) -> Broker:
    """A RabbitMQ that the whole session shares."""
    return broker_on_demand.get()


@pytest.fixture
def amqp_url(amqp_broker: Broker) -> str:
    """The URL of a RabbitMQ that the whole session shares. Use ``her_id`` to keep out of others' way."""
    return amqp_broker.url


@pytest.fixture
async def her_id(broker_on_demand: BrokerOnDemand) -> AsyncIterator[str]:
    """A HER-id that no other test uses; its queues are deleted afterwards, if there is a broker at all."""
    number = str(random.randint(10_000_000, 999_999_999))
    yield number
    if broker_on_demand.found is None:
        return
    connection = await aio_pika.connect(broker_on_demand.found.url)
    async with connection, connection.channel() as channel:
        for suffix in SUFFIXES:
            await channel.queue_delete(f"{number}_{suffix}")
