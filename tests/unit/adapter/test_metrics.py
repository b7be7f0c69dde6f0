"""The figures say what has happened, and a stranger can put nothing of their own into them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapter.mailbox.memory import MemoryMailbox
from adapter.mailbox.port import Delivery
from adapter.message import Lane, Outbound
from adapter.outcome import About, Answered, Noted, Parked, Refused, RetryLater
from adapter.service import make_metrics
from adapter.serving import Service
from adapter.settings import Settings
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB, RESERVATION, inbound
from tests.unit.adapter.test_health import always, ask, health_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.message import Inbound
    from adapter.metrics import Metrics

STRANGE = ('x"} 1\n', "12108000000", "DIALOG_HEIMSNEKRA", "\x00", "æ" * 1000)


def figures(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every figure of ours that is not 0, without buckets: by its name and the values of its labels.

    The labels are in the order of their names.
    """
    return {
        (sample.name.removeprefix("timebok_"), tuple(sample.labels[key] for key in sorted(sample.labels))): (
            sample.value
        )
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name.startswith("timebok_") and "le" not in sample.labels and sample.value
    }


def settle(metrics: Metrics, lane: Lane, *outcomes: Any, sent: bool = True) -> None:
    metrics.settled([Delivery(inbound(lane=lane), None) for _ in outcomes], outcomes, sent=sent)


async def test_the_figures_of_a_service_at_work(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound]
) -> None:
    mailbox, metrics = MemoryMailbox(), make_metrics()
    service = Service(Settings(now="2030-01-01T08:00"), mailbox, engine, batches, metrics=metrics)
    assert figures(metrics)["answers_open", ()] == 1, "it is not known yet that there are none"
    broker = mailbox.broker
    for name in (f"{OWNER}_async", f"{OWNER}_error", f"{HUB}_async", f"{HUB}_error"):
        broker.declare(name)
    running = asyncio.create_task(service.run([OWNER]))

    async def send(message: Inbound) -> list[Outbound]:
        before = broker.waiting(f"{HUB}_async") + broker.waiting(f"{HUB}_error")
        assert broker.deliver(Outbound(message.body, message.properties, message.queue))
        while broker.waiting(f"{HUB}_async") + broker.waiting(f"{HUB}_error") == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return [*broker.taken(f"{HUB}_async"), *broker.taken(f"{HUB}_error")]

    async with asyncio.timeout(30):
        await send(letter(letters.reserve("K1")))
        (error,) = await send(inbound(b"<no", from_her_id=HUB))
        about = {"originalMessageId": error.properties.message_id or "", "errorCondition": "transport:x"}
        back = inbound(b"", lane=Lane.ERROR, subject=None, headers=about)
        assert broker.deliver(Outbound(b"", back.properties, back.queue))
        while not any(name == "errors_received_total" for name, _ in figures(metrics)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        service.stop()
        await running
    found = figures(metrics)
    expected = {
        ("messages_total", ("RT", RESERVATION, "async", "answered")): 1,
        ("messages_total", ("none", RESERVATION, "async", "refused")): 1,
        ("messages_total", ("none", "none", "error", "noted")): 1,
        ("answers_total", ("1", "apprec")): 1,
        ("answers_total", ("05", "reply")): 1,
        ("answers_total", ("transport:not-well-formed-xml", "error")): 1,
        ("refused_total", ("transport:not-well-formed-xml",)): 1,
        ("errors_received_total", ("ours", "other")): 1,
        ("published_total", ("confirmed",)): 3,
        ("answer_seconds_count", ("async",)): 1,
        ("batch_messages_sum", ("async",)): 2,
    }
    assert expected.items() <= found.items()
    assert found["answer_seconds_sum", ("async",)] > 0


def test_what_we_fail_on_and_what_is_laid_aside() -> None:
    metrics = make_metrics()
    settle(metrics, Lane.SYNC, RetryLater(About(RESERVATION), "own-fault: KeysUnavailable"))
    metrics.parked()
    settle(metrics, Lane.SYNC, Answered(About(RESERVATION, "HLT"), ()), sent=False)
    found = figures(metrics)
    assert found["retries_total", ("own-fault: KeysUnavailable",)] == 1
    assert found["parked_total", ()] == 1
    assert ("answer_seconds_count", ("sync",)) not in found, "they are not with the broker yet"


@pytest.mark.parametrize("name", ["parked_total", 'errors_received_total{about="ours",condition="other"}'])
def test_what_alerts_go_by_is_there_before_it_happens(name: str) -> None:
    """Else the first time would be no increase."""
    assert f"\ntimebok_{name} 0.0\n" in make_metrics().render().decode()


def test_a_stranger_makes_no_new_series() -> None:
    metrics = make_metrics()
    settle(metrics, Lane.ASYNC, Refused(About("DIALOG_ANDRE"), (), "abuse:spoofing-attack"))
    settle(metrics, Lane.ASYNC, Answered(About(RESERVATION, "XX"), ()), Parked(About("x", "y"), "z"))
    settle(metrics, Lane.ERROR, Noted(About("x", "transport:y"), "about-nothing-we-sent"))
    before = metrics.render().decode()
    for word in STRANGE:
        about = About(word, word, word, word)
        settle(metrics, Lane.ASYNC, Refused(about, (), "abuse:spoofing-attack"))
        settle(metrics, Lane.ASYNC, Answered(About(RESERVATION, word), ()), Parked(about, "z"))
        settle(metrics, Lane.ERROR, Noted(about, "about-nothing-we-sent"))
    after = metrics.render().decode()
    assert after.count("\n") == before.count("\n")
    assert not [word for word in STRANGE if word in after]
    assert figures(metrics)["messages_total", ("other", RESERVATION, "async", "answered")] == 6


async def test_they_are_to_be_had_beside_the_health() -> None:
    metrics = make_metrics()
    async with health_server("127.0.0.1", 0, always(ready=True), metrics) as port:
        head, _, body = (await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert metrics.content_type.encode() in head
    assert b"\ntimebok_info{" in body


async def test_without_figures_there_is_nothing_of_that_name() -> None:
    async with health_server("127.0.0.1", 0, always(ready=True)) as port:
        assert (await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("port", [None, 0])
def test_what_they_take_is_loaded_only_where_somebody_may_ask(port: int | None) -> None:
    program = f"""
import sys
from adapter.cli.app import app
from adapter.service import make_service, make_engine
from adapter.settings import Settings
settings = Settings(health_port={port}, database_url="sqlite://", her_ids="91095")
service = make_service(settings, make_engine(settings), ["91095"])
assert ("prometheus_client" in sys.modules) is ({port} is not None)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
