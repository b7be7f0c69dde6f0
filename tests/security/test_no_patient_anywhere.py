"""No number, name, phone or text of a patient leaves the messages themselves. (Promise P8)

Every sample is played with canaries for its patient: well, with a handler that fails, with a store that
quotes what it was given, with a broker that fails. Not one may be found in a log line, a reason, an error
text, a property or a header, or in what the command prints.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import shutil
from contextlib import redirect_stderr
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from lxml import etree
from sqlalchemy.exc import DataError, IntegrityError
from typer.testing import CliRunner

import handlers
from adapter.addressing import is_her_id
from adapter.batch import Batches
from adapter.cli.app import app
from adapter.database import open_engine
from adapter.dialects.helsenorge.dialect import Helsenorge
from adapter.ledger.reading import latest
from adapter.mailbox.memory import MemoryMailbox
from adapter.mailbox.port import MailboxUnavailable, PublishOutcome, PublishResult
from adapter.message import Lane, Outbound
from adapter.outcome import Answered, Kind, RetryLater, dispatches_of
from adapter.pipeline import Pipeline
from adapter.playing.cases import Case, find_cases, find_circumstances
from adapter.playing.filling import fill_store
from adapter.playing.letters import Letters
from adapter.seal import seal_from_files
from adapter.seal.sealed import Sealed
from adapter.service import make_metrics, new_id
from adapter.serving import Service
from adapter.settings import Settings
from adapter.telemetry import configure_logging, tell
from adapter.xml.parsing import Limits
from tests.security.canaries import NAME, NUMBER, PHONE, TEXT, leaks, with_canaries
from tests.security.road import OSLO
from tools.certificates import write_two_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from adapter.playing.cases import Sending
    from adapter.xml.schema import Schema

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = list(find_cases([FIXTURES]))
QUOTED = f"{NUMBER} {NAME} +{PHONE} {TEXT}"


class Clinic:
    """A store with the calendars that the samples count on, and the samples with their canaries."""

    def __init__(self, schema: Schema, url: str = "sqlite://") -> None:
        circumstances = find_circumstances([FIXTURES])
        self.settings = Settings(now=circumstances.now, retry_pauses=(0.05,), retry_pauses_sync=(0.05,))
        self.engine = open_engine(url)
        self.ours = fill_store(self.engine, self.settings, circumstances)
        self.dialect = Helsenorge(schema, OSLO, Limits(), new_id, check_replies=True)
        self.letters = Letters(self.dialect, self.ours, self.settings.clock)

    @property
    def batches(self) -> Batches:
        return Batches(self.engine, Pipeline(self.dialect, self.ours), self.settings.clock, new_id)

    def messages(self, *, everywhere: bool) -> list[Inbound]:
        return [self.letters.inbound(one) for one in sendings(everywhere=everywhere)]


@cache
def sendings(*, everywhere: bool) -> tuple[Sending, ...]:
    """The samples with their canaries."""
    plain = [one for case in CASES for one in (*case.before, case.sending)]
    return tuple(with_canaries(one, everywhere=everywhere) for one in plain)


@pytest.fixture
def clinic(schema: Schema) -> Iterator[Clinic]:
    clinic = Clinic(schema)
    yield clinic
    clinic.engine.dispose()


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """All that was logged, by us and by every library, down to the last detail; and it is logged no more."""
    root, written = logging.getLogger(), io.StringIO()
    handlers_before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("aio_pika", "aiormq")}
    with redirect_stderr(written):
        configure_logging(Settings(log_level="debug"))
    root.setLevel(logging.DEBUG)

    def taken() -> str:
        text = written.getvalue()
        written.seek(0)
        written.truncate()
        assert text, "nothing was logged, so nothing was tested"
        return text

    yield taken
    structlog.reset_defaults()
    root.handlers[:] = handlers_before
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def around(outbound: Outbound) -> str:
    """Everything of a message of ours but its body."""
    return ascii((outbound.properties, outbound.queue))


def error_texts(dispatch_body: bytes) -> str:
    """What an AppRec, or a reply that something is wrong, says in words of our own."""
    root = etree.fromstring(dispatch_body)
    texts = [value for error in root.iter("{*}Error") for value in error.attrib.values()]
    return " ".join([*texts, *(one.text or "" for one in root.iter("{*}Merknad", "{*}TekstNotatInnhold"))])


def look(outcome: Outcome) -> None:
    """Fail if a patient is in anything but the documents that we send."""
    assert leaks(repr(outcome.about) + str(getattr(outcome, "reason", ""))) == []
    assert leaks(repr(outcome)) == []
    for dispatch in dispatches_of(outcome):
        assert leaks(around(dispatch.outbound)) == []
        if dispatch.kind is not Kind.ERROR:
            assert leaks(error_texts(dispatch.outbound.body)) == []


def test_the_samples_are_full_of_canaries(clinic: Clinic) -> None:
    for everywhere in (False, True):
        messages = clinic.messages(everywhere=everywhere)
        bodies = [message.body.replace(b"\0", b"").decode("iso-8859-1") for message in messages]
        assert sum(NUMBER[:-1] in body for body in bodies) > 100
        assert sum(PHONE in body for body in bodies) >= 2
        assert sum(TEXT in body for body in bodies) > (100 if everywhere else 5)


@pytest.mark.parametrize("everywhere", [False, True])
def test_no_patient_in_what_is_logged_or_said(
    clinic: Clinic, logged: Callable[[], str], *, everywhere: bool
) -> None:
    in_their_place = 0
    for message in clinic.messages(everywhere=everywhere):
        (outcome,) = clinic.batches.process([message])
        look(outcome)
        tell(message, outcome)
        in_their_place += any(NUMBER.encode() in one.outbound.body for one in dispatches_of(outcome))
    assert in_their_place > 20, "the replies are about them"
    assert leaks(logged()) == []


# --- under seal


def of_the_side(folder: Path) -> Sealed:
    rooms = (folder / room for room in ("keys", "parties", "authorities"))
    return Sealed(seal_from_files(*rooms, [str(folder / "revocation")]))


def test_no_patient_in_what_is_logged_or_said_under_seal(
    clinic: Clinic, logged: Callable[[], str], tmp_path: Path
) -> None:
    """Each sample sealed; and once more with a seal that is damaged, whose refusal may not tell either."""
    messages = clinic.messages(everywhere=True)
    senders = {one.properties.from_her_id for one in messages}
    sides = {"clinic": clinic.ours, "hub": sorted(filter(is_her_id, senders))}
    now = clinic.settings.clock()
    write_two_sides(tmp_path, sides, now)
    hub, ours = (of_the_side(tmp_path / side) for side in ("hub", "clinic"))
    batches = Batches(
        clinic.engine, Pipeline(clinic.dialect, clinic.ours, ours), clinic.settings.clock, new_id
    )
    answered = 0
    for message in messages:
        for sealed in (damaged(in_a_seal(message, hub, now)), in_a_seal(message, hub, now)):
            (outcome,) = batches.process([sealed])
            tell(sealed, outcome)
            assert leaks(repr(outcome.about) + str(getattr(outcome, "reason", "")) + repr(outcome)) == []
            for one in dispatches_of(outcome):
                assert leaks(around(one.outbound) + ascii(one.outbound.body)) == []
        answered += isinstance(outcome, Answered)
    assert answered > 80
    assert leaks(logged()) == []


def in_a_seal(message: Inbound, hub: Sealed, now: datetime) -> Inbound:
    if message.lane is Lane.ERROR:
        return message
    whole = replace(message.properties, to_her_id=message.party)
    sealed = hub.wrap(Outbound(message.body, whole, message.queue), now)
    properties = replace(message.properties, content_type=sealed.properties.content_type, message_id=new_id())
    return replace(message, body=sealed.body, properties=properties)


def damaged(message: Inbound) -> Inbound:
    return replace(message, body=message.body[:-1] + bytes(one ^ 1 for one in message.body[-1:]))


# --- when something fails


def a_handler_that_fails(request: object, _desk: object) -> None:
    raise RuntimeError(f"{request!r} {QUOTED}")


def a_handler_that_fails_in_turn(request: object, _desk: object) -> None:
    try:
        a_handler_that_fails(request, _desk)
    except RuntimeError as error:
        error.add_note(QUOTED)
        raise ExceptionGroup(QUOTED, [error, KeyError(QUOTED)]) from error


def a_store_that_quotes(request: object, _desk: object) -> None:
    parameters = {"national_id": NUMBER, "family_name": NAME, "reason": repr(request)}
    raise IntegrityError("INSERT INTO appointment ...", parameters, Exception(f"UNIQUE failed: {QUOTED}"))


def a_store_that_cannot_hold_it(request: object, _desk: object) -> None:
    raise DataError(
        "INSERT INTO appointment ...", {"reason": QUOTED}, Exception(f"value too long: {request!r}")
    )


FAILING = (a_handler_that_fails_in_turn, a_store_that_quotes, a_store_that_cannot_hold_it)


@pytest.mark.parametrize("failing", FAILING)
def test_no_patient_in_a_failure_of_ours(
    clinic: Clinic, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch, failing: Any
) -> None:
    """A third of the samples in each way of failing, so that all of them fail in one."""
    monkeypatch.setattr(handlers, "handle", failing)
    messages = clinic.messages(everywhere=False)[FAILING.index(failing) :: len(FAILING)]
    outcomes = [clinic.batches.process([message])[0] for message in messages]
    for message, outcome in zip(messages, outcomes, strict=True):
        look(outcome)
        tell(message, outcome)
    assert sum(isinstance(one, RetryLater) for one in outcomes) > 10
    assert leaks(logged()) == []


def test_no_patient_in_a_failure_of_the_real_store(clinic: Clinic, logged: Callable[[], str]) -> None:
    """A statement with the patient among its parameters fails in the database, which quotes one too."""
    refuse = f"CREATE TRIGGER refuse BEFORE INSERT ON appointment BEGIN SELECT RAISE(ABORT, '{QUOTED}'); END"
    with clinic.engine.begin() as connection:
        connection.exec_driver_sql(refuse)
    messages = clinic.messages(everywhere=False)[::2]
    outcomes = [clinic.batches.process([message])[0] for message in messages]
    for message, outcome in zip(messages, outcomes, strict=True):
        look(outcome)
        tell(message, outcome)
    assert sum(isinstance(one, RetryLater) for one in outcomes) > 5
    assert leaks(logged()) == []


def test_no_patient_when_a_whole_batch_fails(
    clinic: Clinic, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "handle", a_handler_that_fails)
    messages = clinic.messages(everywhere=False)[::5]
    for message, outcome in zip(messages, clinic.batches.process(messages), strict=True):
        look(outcome)
        tell(message, outcome)
    assert leaks(logged()) == []


# --- the service, and a broker that fails


class FailingMailbox(MemoryMailbox):
    """Publishes nothing, in each way that there is, and quotes what it was given."""

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        refused = (PublishOutcome.UNDELIVERABLE, PublishOutcome.REFUSED)
        if len(messages) % 2:
            raise MailboxUnavailable(QUOTED)
        return [
            PublishResult(one.properties.message_id, one.queue, refused[number % 2], QUOTED)
            for number, one in enumerate(messages)
        ]


def at_rest(mailbox: MemoryMailbox, ends: Collection[str]) -> bool:
    """Whether all messages have come to their ``ends``: none is in hand, waits for its turn or a new try."""
    queues = mailbox.broker._queues
    return mailbox.ready and not any(
        queues[name].messages or any(consumer.in_hand for consumer in queues[name].consumers)
        for name in queues.keys() - set(ends)
    )


@pytest.mark.parametrize(
    ("mailbox_type", "failing"),
    [(MemoryMailbox, None), (MemoryMailbox, a_store_that_quotes), (FailingMailbox, None)],
)
async def test_no_patient_in_what_the_service_logs_and_writes_on_messages(
    clinic: Clinic,
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    mailbox_type: type[MemoryMailbox],
    failing: Any,
) -> None:
    if failing is not None:
        monkeypatch.setattr(handlers, "handle", failing)
    mailbox = mailbox_type()
    messages = clinic.messages(everywhere=True)[:: 1 if failing is None else 3]
    for her_id in clinic.ours:
        for lane in Lane:
            mailbox.broker.declare(f"{her_id}_{lane}")
    senders = {f"{one.properties.from_her_id}" for one in messages}
    replies = {f"{sender}_{kind}" for sender in senders for kind in ("async", "syncreply", "error")}
    replies -= {f"{her_id}_{lane}" for her_id in clinic.ours for lane in Lane}
    for queue in replies:
        mailbox.broker.declare(queue)
    metrics = make_metrics()
    service = Service(clinic.settings, mailbox, clinic.engine, clinic.batches, metrics=metrics)
    running = asyncio.create_task(service.run(clinic.ours))
    arrived = sum(mailbox.broker.deliver(Outbound(one.body, one.properties, one.queue)) for one in messages)
    assert arrived > 40
    async with asyncio.timeout(60):
        while not at_rest(mailbox, replies | {f"{her_id}_dl" for her_id in clinic.ours}):
            mailbox.broker.expire()
            await asyncio.sleep(0.01)
    service.stop()
    await running
    sent = [one for queue in replies for one in mailbox.broker.taken(queue)]
    parked = [one for her_id in clinic.ours for one in mailbox.broker.taken(f"{her_id}_dl")]
    assert bool(sent) is (mailbox_type is MemoryMailbox)
    assert parked
    assert [found for one in sent for found in leaks(around(one))] == []
    added = [
        value
        for one in parked
        for name, value in one.properties.headers.items()
        if name.startswith("x-timebok")
    ]
    assert added
    assert leaks(" ".join(added)) == []
    assert leaks(logged()) == []
    figures = metrics.render().decode()
    assert "timebok_messages_total{" in figures
    assert leaks(figures) == []
    assert not [her_id for her_id in senders | set(clinic.ours) if f'"{her_id}"' in figures]


# --- the command


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples with canaries, in files, without the documents that are expected."""
    folder = tmp_path_factory.mktemp("samples")
    for case in CASES:
        for one in (*case.before, case.sending):
            changed = with_canaries(one, everywhere=True)
            file = folder / one.file.relative_to(FIXTURES)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(changed.body)
            name = "properties.json" if file.name == "request.xml" else f"{file.stem}.properties.json"
            file.with_name(name).write_text(json.dumps(dict(changed.properties)))
        _copy_expectations(case, folder)
    for kept in ("calendars", "patients"):
        shutil.copytree(FIXTURES / kept, folder / kept)
    shutil.copy(FIXTURES / "replay.toml", folder)
    return folder


def _copy_expectations(case: Case, folder: Path) -> None:
    expected = case.sending.file.with_name("expected.json")
    if expected.is_file():
        shutil.copy(expected, folder / expected.relative_to(FIXTURES))


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_no_patient_in_what_replay_prints(
    samples: Path, logged: Callable[[], str], arguments: list[str]
) -> None:
    folders = [
        str(one)
        for one in sorted(samples.iterdir())
        if one.is_dir() and one.name not in {"calendars", "patients"}
    ]
    result = CliRunner().invoke(app, ["replay", *folders, *arguments])
    assert result.exit_code in {0, 1}
    assert "answered" in result.output
    assert leaks(result.output) == []
    logging.getLogger("end").warning("something is logged")
    assert leaks(logged()) == []


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_no_patient_in_what_validate_prints(samples: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["validate", str(samples), *arguments])
    assert result.exit_code == 1
    assert "T02" in result.output
    assert leaks(result.output) == []


def test_no_patient_in_what_messages_prints(
    schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'timebok.db'}"
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    clinic = Clinic(schema, url)
    clinic.batches.process(clinic.messages(everywhere=True))
    with clinic.engine.begin() as connection:
        ids = [one.message_id for one in latest(connection, 1_000)]
    clinic.engine.dispose()

    def printed(*arguments: str) -> str:
        return CliRunner().invoke(app, ["messages", *arguments], catch_exceptions=False).output

    listed = printed("list", "--limit", "1000"), printed("list", "--limit", "1000", "--json")
    assert all(one.count("answered") > 50 for one in listed)
    shown = [printed("show", some_id) + printed("show", some_id, "--json") for some_id in ids[::25]]
    assert leaks("".join((*listed, *shown))) == []
    assert leaks(printed("show", ids[-1], "--bodies")) != [], "they are shown to whoever asks for them"
