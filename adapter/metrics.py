"""Figures for whoever runs it, in the form that Prometheus fetches: ``GET /metrics``, beside the health.

Only counts, times and names that are ours: a value of a label is one of a list that is known beforehand, so
that no stranger can make a new series, and no HER-id, id or patient comes in here. What a message brings is
counted a batch at a time. Imported only where somebody may ask for it: it takes a megabyte.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import prometheus_client as prometheus
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from adapter.message import Lane
from adapter.outcome import Answered, Noted, Refused, RetryLater, dispatches_of, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from adapter.mailbox import Delivery, PublishResult
    from adapter.outcome import About, Outcome

_OTHER, _NONE, _OURS = "other", "none", "ours"
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 60)


class Metrics:
    """The figures of one service.

    ``functions`` are the message functions that may be named, each with the codes that may; ``conditions``
    are those of error messages. Everything else is ``other``.
    """

    content_type = prometheus.CONTENT_TYPE_LATEST

    def __init__(self, functions: Mapping[str, Collection[str]], conditions: Collection[str]) -> None:
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._functions, self._conditions = functions, frozenset(conditions)
        self._registry = CollectorRegistry()
        self._known: dict[tuple[Counter, tuple[str, ...]], Counter] = {}
        about = ("lane", "function", "code", "outcome")
        self._messages = self._counter(
            "messages", "Messages that have ended, by what became of them.", *about
        )
        self._answers = self._counter(
            "answers", "Receipts, replies and error messages committed.", "kind", "code"
        )
        self._refused = self._counter("refused", "Messages refused with an error message.", "condition")
        errors = "Error messages that came in, and whether they were about something we had sent."
        self._errors = self._counter("errors_received", errors, "condition", "about")
        for condition in (*self._conditions, _OTHER):  # one that is there before the first has an increase
            self._errors.labels(condition, _OURS)
        self._published = self._counter(
            "published", "Messages handed to the broker, by what it said.", "outcome"
        )
        self._retries = self._counter("retries", "Times that we have failed on a message.", "reason")
        self._parked = self._counter("parked", "Messages laid aside for a person.")
        self._sizes = Histogram(
            "timebok_batch_messages",
            "Messages in a batch.",
            ["lane"],
            buckets=_SIZES,
            registry=self._registry,
        )
        self._seconds = Histogram(
            "timebok_answer_seconds",
            "From when a message was taken to when its answers were with the broker.",
            ["lane"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._by_lane = {lane: (self._sizes.labels(lane), self._seconds.labels(lane)) for lane in Lane}
        info = Gauge("timebok_info", "Always 1; which version this is.", ["version"], registry=self._registry)
        info.labels(version("timebok")).set(1)
        prometheus.ProcessCollector(registry=self._registry)

    def watch(
        self, ready: Callable[[], bool], connected: Callable[[], bool], answers_open: Callable[[], int]
    ) -> None:
        """Show what these give at the moment of asking."""
        for name, words, value in (
            ("ready", "1 while /ready is 200.", ready),
            ("connected", "1 while our consumers are alive on the broker.", connected),
            ("answers_open", "Answers committed and not sent, as last counted.", answers_open),
        ):
            Gauge(f"timebok_{name}", words, registry=self._registry).set_function(value)

    def render(self) -> bytes:
        """All of it, as text of ``content_type``."""
        return prometheus.generate_latest(self._registry)

    def settled(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome], *, sent: bool) -> None:
        """Count a batch of one lane; ``sent`` says that its answers are with the broker."""
        lane = deliveries[0].inbound.lane
        sizes, seconds = self._by_lane[lane]
        sizes.observe(len(deliveries))
        self._count(self._messages, [self._about(lane, one) for one in outcomes])
        dispatches = [(one.kind.value, one.code) for outcome in outcomes for one in dispatches_of(outcome)]
        self._count(self._answers, dispatches)
        self._count(self._refused, [(one.reason,) for one in outcomes if isinstance(one, Refused)])
        self._count(self._retries, [(one.reason,) for one in outcomes if isinstance(one, RetryLater)])
        if lane is Lane.ERROR:
            self._count(self._errors, [self._error(one) for one in outcomes if isinstance(one, Noted)])
        if sent:
            now = datetime.now(UTC)
            for delivery, outcome in zip(deliveries, outcomes, strict=True):
                if isinstance(outcome, Answered):
                    seconds.observe(max(0.0, (now - delivery.inbound.received_at).total_seconds()))

    def published(self, results: Sequence[PublishResult]) -> None:
        """Count what the broker has said to messages."""
        self._count(self._published, [(one.outcome.value,) for one in results])

    def parked(self) -> None:
        """Count a message that was laid aside."""
        self._parked.inc()

    def _about(self, lane: Lane, outcome: Outcome) -> tuple[str, str, str, str]:
        function, code = self._named(outcome.about)
        return lane.value, function, _NONE if lane is Lane.ERROR else code, name_of(outcome)

    def _named(self, about: About) -> tuple[str, str]:
        codes = self._functions.get(about.function or "")
        if codes is None:
            return _NONE if about.function is None else _OTHER, _NONE
        return about.function or "", _NONE if about.code is None else _known(about.code, codes)

    def _error(self, noted: Noted) -> tuple[str, str]:
        return _known(noted.about.code or "", self._conditions), "nothing of ours" if noted.reason else _OURS

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"timebok_{name}", words, labels, registry=self._registry)

    def _count(self, counter: Counter, several: Sequence[tuple[str, ...]]) -> None:
        for labels, count in Tally(several).items():
            child = self._known.get((counter, labels))
            if child is None:
                child = self._known[counter, labels] = counter.labels(*labels)
            child.inc(count)


def _known(word: str, words: Collection[str]) -> str:
    return word if word in words else _OTHER
