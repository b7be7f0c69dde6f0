"""P7: SIGTERM finishes what is in hand, a second signal ends at once; neither loses anything.

The store is locked while the signals come, so that they find the service with its hands full.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.conftest import SetStage
    from tests.reliability.processes import Process
    from tests.reliability.stage import Stage

pytestmark = pytest.mark.timeout(300)  # deadlines of our own say more of what is missing

FLOOD, PREFETCH, BATCH = 60, 20, 5
LESS_THAN_THE_LOCK = 25.0  # seconds: a service waits for 30 for a lock, and its grace is 1 here
AT_ONCE, OUT_OF_TIME = 130, 1  # the statuses of one that was told twice, and of one that did not finish


@contextmanager
def locked(store_url: str) -> Iterator[None]:
    """Nobody can write to the store meanwhile."""
    engine = create_engine(store_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


async def start(stage: Stage, **settings: str) -> Process:
    service = stage.services.start(batch=str(BATCH), prefetch=str(PREFETCH), **settings)
    await eventually(lambda: bool(service.said("serving")), "it serves", details=service.last_words)
    return service


async def fill_the_hands_of(service: Process, stage: Stage) -> None:
    """More requests than it takes at once; it can neither answer what it has taken, nor take more."""

    async def full() -> bool:
        return await stage.hub.waiting() <= FLOOD - PREFETCH

    await stage.hub.send_all(stage.crowd.everyone(FLOOD))
    await eventually(full, "it takes what it can", details=service.last_words)


async def tell(service: Process) -> None:
    """SIGTERM, once; it is heard, and cannot be followed yet."""
    service.signal(signal.SIGTERM)
    await eventually(lambda: bool(service.said("stopping")), "it hears it", details=service.last_words)
    assert service.alive


async def the_next_one_finishes(stage: Stage) -> None:
    stage.services.start()
    verdict = await stage.verdict()
    assert verdict.answered == FLOOD


async def test_a_stop_finishes_what_is_in_hand(set_stage: SetStage, store_url: str) -> None:
    stage = await set_stage(20, takes_replies=False)
    service = await start(stage)
    with locked(store_url):
        await fill_the_hands_of(service, stage)
        await tell(service)
    assert await service.ended() == 0, service.last_words()
    assert [entry["unfinished"] for entry in service.said("stopped")] == [0]
    assert 0 < stage.store.answered() <= BATCH, "what was in hand is answered, and no more"
    assert stage.store.owed() == 0, "and what was committed is sent"
    await stage.hub.read_all()
    assert len(stage.hub.replies) == stage.store.answered()
    await the_next_one_finishes(stage)


async def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(
    set_stage: SetStage, store_url: str
) -> None:
    stage = await set_stage(20, takes_replies=False)
    service = await start(stage)
    with locked(store_url):
        await fill_the_hands_of(service, stage)
        await tell(service)
        service.signal(signal.SIGTERM)
        assert await service.ended(LESS_THAN_THE_LOCK) == AT_ONCE
    await the_next_one_finishes(stage)


async def test_a_stop_ends_when_the_grace_is_over_and_nothing_is_lost(
    set_stage: SetStage, store_url: str
) -> None:
    stage = await set_stage(20, takes_replies=False)
    service = await start(stage, grace="1")
    with locked(store_url):
        await fill_the_hands_of(service, stage)
        service.signal(signal.SIGTERM)
        assert await service.ended(LESS_THAN_THE_LOCK) == OUT_OF_TIME
    await the_next_one_finishes(stage)
