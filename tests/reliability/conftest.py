"""A stage of its own for every test: HER-ids, queues, a store, and the real service.

Everything passes under seal too: with ``TIMEBOK_TEST_SEALED=1`` hub and clinic sign and encrypt what they
send each other, with keys made on the spot. A few tests do so without being asked.
"""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from adapter.seal import CONTENT_TYPE
from tests.reliability.crowd import Crowd
from tests.reliability.hub import Hub
from tests.reliability.processes import Processes
from tests.reliability.sealed import SealedHub, seal_of
from tests.reliability.stage import Stage
from tests.reliability.store import Store
from tests.reliability.wishes import Writer
from tests.support.databases import postgres_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

SetStage = Callable[..., Awaitable[Stage]]


_ALSO_SEALED = {
    "test_what_a_killed_service_leaves_the_other_one_finishes",
    "test_what_comes_many_times_to_two_services_has_one_effect_and_one_answer",
    "test_a_stop_finishes_what_is_in_hand",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whether what is sent is sealed: as the environment says, else not; both in some tests."""
    if "sealed" not in metafunc.fixturenames:
        return
    if os.environ.get("TIMEBOK_TEST_SEALED"):
        metafunc.parametrize("sealed", [True], ids=["sealed"])
    elif metafunc.function.__name__ in _ALSO_SEALED:
        metafunc.parametrize("sealed", [False, True], ids=["plain", "sealed"])
    else:
        metafunc.parametrize("sealed", [False], ids=["plain"])


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty SQLite file; an empty PostgreSQL where the test is parametrized with it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'timebok.db'}"
    else:
        with postgres_url() as url:
            yield url


@pytest.fixture
def rng() -> random.Random:
    """What decides by chance. ``TIMEBOK_TEST_SEED`` repeats what a run has printed."""
    seed = int(os.environ.get("TIMEBOK_TEST_SEED") or random.randrange(10**9))
    print(f"TIMEBOK_TEST_SEED={seed}")  # noqa: T201 - for whoever has to repeat a failure
    return random.Random(seed)


@pytest.fixture
async def set_stage(
    amqp_url: str, store_url: str, tmp_path: Path, rng: random.Random, *, sealed: bool
) -> AsyncIterator[SetStage]:
    """Call it with the number of slots, whether every other of them can be reserved first, and whether
    the hub answers every reply with an AppRec.
    """
    with ExitStack() as stack:
        hubs: list[Hub] = []

        async def set_stage(slots: int, *, two_step: bool = False, takes_replies: bool = True) -> Stage:
            mine, theirs = (str(random.randint(10_000_000, 999_999_999)) for _ in range(2))
            post, seal = seal_of(tmp_path / "post", mine) if sealed else (None, {})
            store = Store(store_url)
            stack.callback(store.close)
            store.open_clinic(theirs, slots, two_step=two_step)
            services = Processes(
                tmp_path,
                amqp_url=amqp_url,
                database_url=store_url,
                her_ids=theirs,
                resend_after="1",
                retry_pauses="1,1,1,2,2,2,4,4,4,8,8,8",
                retry_pauses_sync="1,1,1",
                **seal,
            )
            stack.callback(services.close)
            hub = (
                Hub(amqp_url, mine, theirs, takes_replies=takes_replies)
                if post is None
                else SealedHub(amqp_url, mine, theirs, post, takes_replies=takes_replies)
            )
            await hub.open()
            hubs.append(hub)
            return Stage(hub, store, services, Crowd(hub, Writer(mine, theirs), store.slots, rng))

        yield set_stage
        stack.close()  # the services before the queues, else they declare them anew
        for hub in hubs:
            await hub.close()
        assert all(hub.types == {CONTENT_TYPE} for hub in hubs if isinstance(hub, SealedHub))
