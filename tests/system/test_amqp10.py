"""AMQP 1.0 from end to end: the hub with its own protocol, the real command on the other side of RabbitMQ.

Every sample message is sent, answered and compared as its folder says, and nothing of ours stands between
Proton and what it sees of an answer. (H8, A2, A4 to A6)
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from sqlalchemy import create_engine, select

from adapter.database import open_engine
from adapter.ledger.tables import inbox, outbox
from adapter.message import Properties
from adapter.playing.cases import find_cases, find_circumstances
from adapter.playing.filling import fill_store
from adapter.playing.letters import Letters
from adapter.service import make_dialect
from adapter.settings import Settings
from tests.support.amqp10 import proton_or_skip
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB
from tests.support.letters import FUNCTIONS, resource_overview
from tools.private_node import PrivateNode, find_server
from tools.running import Service

proton = proton_or_skip()

from tests.support.proton_hub import Came, ProtonHub, Raw, message_of  # noqa: E402 - they need Proton
from tests.support.proton_player import Player  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = {str(case.sending.file.parent.relative_to(FIXTURES)): case for case in find_cases([FIXTURES])}
THEIR_PARTIES = ("60117", "60999", HUB)
SILENT = {"noted", "ignored", "parked"}
#: What an AMQP 1.0 peer cannot send, since it is no 0-9-1 client that its subject could be lost on.
NOT_OF_AMQP_1_0 = {"transport/subject-lost-on-the-way"}
#: The samples whose sender waits, whatever queue they came in on.
WAITING = {name for name, case in CASES.items() if b'<TypeForesp V="H' in case.sending.body}
INVALID = "transport:invalid-field-value"


@dataclass(frozen=True, slots=True)
class Stage:
    hub: ProtonHub
    port: int
    letters: Letters
    database_url: str

    def rows(self, table: Any, *columns: str) -> list[Any]:
        engine = create_engine(self.database_url)
        with engine.connect() as connection:
            rows = connection.execute(select(*(table.c[name] for name in columns))).all()
        engine.dispose()
        return list(rows)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A broker with the plugin, the service with the calendars and the clock of the samples, and a hub."""
    server = find_server()
    if server is None:
        why = "no rabbitmq-server is installed that could be started with its AMQP 1.0 plugin"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    folder = tmp_path_factory.mktemp("amqp10")
    database_url = f"sqlite:///{folder / 'timebok.db'}"
    circumstances = find_circumstances([FIXTURES])
    key_file = circumstances.patients_key_file
    settings = Settings(now=circumstances.now, database_url=database_url, patients_key_file=key_file)
    engine = open_engine(database_url)
    ours = fill_store(engine, settings, circumstances)
    engine.dispose()
    with ExitStack() as stack:
        node = stack.enter_context(PrivateNode(server, plugins=("rabbitmq_amqp1_0",)))
        queues = [f"{party}_{role}" for party in THEIR_PARTIES for role in ("async", "syncreply", "error")]
        asyncio.run(declare(node.url, queues))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBOK_")}
        environment |= {"TIMEBOK_AMQP_URL": node.url, "TIMEBOK_DATABASE_URL": database_url}
        environment["TIMEBOK_NOW"] = circumstances.now.isoformat()
        environment["TIMEBOK_PATIENTS_KEY_FILE"] = str(key_file)
        command = [str(Path(sys.executable).with_name("timebok")), "serve"]
        stack.enter_context(Service(command, environment, folder / "service.log")).wait_until_ready()
        hub = stack.enter_context(ProtonHub(node.port, queues))
        yield Stage(hub, node.port, Letters(make_dialect(settings), ours, settings.clock), database_url)


async def declare(url: str, queues: list[str]) -> None:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        for queue in queues:
            await channel.declare_queue(queue, durable=True)


@pytest.fixture
def hub(stage: Stage) -> ProtonHub:
    return stage.hub


# --- every sample


def test_every_sample_is_answered_as_its_folder_says(stage: Stage) -> None:
    player = Player(stage.hub, stage.letters)
    for name, case in CASES.items():
        player.play(name, case)
    loud = [name for name, case in CASES.items() if case.expected["outcome"] not in SILENT]
    player.wait_for(loud)
    silent = {player.message_id(name): name for name in CASES.keys() - {*loud}}
    assert eventually(lambda: silent.keys() <= dict(stage.rows(inbox, "message_id", "outcome")).keys())
    became = dict(stage.rows(inbox, "message_id", "outcome"))
    repeated = player.message_id("transport/duplicate-message-id")
    became[repeated] = "ignored"  # which leaves no entry of its own
    wrong = {}
    for name, case in CASES.items():
        good, difference = player.exchange(name, became.get(player.message_id(name), "")).as_expected(case)
        if not good:
            wrong[name] = difference
    assert wrong.keys() == NOT_OF_AMQP_1_0, wrong
    look_at_the_answers(player, loud)
    count = player.receipt_replies()
    assert count > 20
    assert eventually(lambda: receipted(stage) == count)


def receipted(stage: Stage) -> int:
    return sum(status == "1" for (status,) in stage.rows(outbox, "receipt_status"))


def look_at_the_answers(player: Player, names: list[str]) -> None:
    """Every answer has the properties of A2, A5 and A6, each in its section and of its type."""
    kinds = set()
    for name in names:
        request = player._sent[name].properties
        for came in player.answers(name):
            message, named = came.message, came.named
            kinds.add(came.queue.partition("_")[2])
            assert UUID(message.id), name
            assert message.address == came.queue
            assert message.correlation_id == request.correlation_id
            assert named["toHerId"] == request.from_her_id
            assert named["fromHerId"] in {request.to_her_id, OWNER}
            assert datetime.fromisoformat(named["applicationTimeStamp"]).tzinfo
            assert all(type(value) is str for value in named.values())
            assert message.durable
            if "errorCondition" in named:
                continue
            letter = player._letters.read(came.body)
            assert message.subject == letter.about.function
            assert message.content_type == "application/xml"
            if name in WAITING:
                assert message.reply_to is None
                assert 0 < message.ttl <= 15
            else:
                assert message.reply_to == f"{request.to_her_id}_async"
                assert message.ttl == 0
    assert kinds == {"async", "syncreply", "error"}


# --- the check of the header


def fields(**changes: Any) -> dict[str, Any]:
    """The properties of an envelope that is in order, around a question whose sender waits."""
    message_id = str(uuid4())
    return {
        "message_id": message_id,
        "correlation_id": message_id,
        "reply_to": f"{HUB}_syncreply",
        "to": f"{OWNER}_sync",
        "subject": FUNCTIONS["HR"],
        "content_type": "application/xml",
        "application_timestamp": "2027-03-01T08:00:00+01:00",
        "from_her_id": HUB,
        "to_her_id": OWNER,
        **changes,
    }


def envelope(body: bytes | None = None, **changes: Any) -> Any:
    properties = Properties(**fields(**changes))
    return message_of(resource_overview().body if body is None else body, properties, waits=True)


def refused(hub: ProtonHub, message: Any) -> Came:
    (came,) = hub.ask(message, f"{OWNER}_sync")
    assert came.queue == f"{HUB}_error", came
    assert came.named["errorCondition"] == INVALID
    return came


def code_of(came: Came) -> str:
    assert "errorCondition" not in came.named, came
    return came.body.partition(b'<TemaKodet V="')[2].partition(b'"')[0].decode()


def test_an_envelope_in_order_is_answered(hub: ProtonHub) -> None:
    (came,) = hub.ask(envelope(), f"{OWNER}_sync")
    assert (came.queue, code_of(came)) == (f"{HUB}_syncreply", "40")


LACKING: list[tuple[dict[str, Any], str]] = [
    ({"to_her_id": None}, "toHerId"),
    ({"to_her_id": "0"}, "toHerId"),
    ({"subject": None}, "subject"),
    ({"application_timestamp": None}, "applicationTimeStamp"),
    ({"application_timestamp": "i dag"}, "applicationTimeStamp"),
    ({"content_type": None}, "contentType"),
    ({"content_type": "application/json"}, "contentType"),
    ({"message_id": None}, "messageId"),
    ({"reply_to": None}, "replyTo"),
    ({"reply_to": f"/amq/queue/{OWNER}_sync"}, "replyTo"),
    ({"subject": None, "to_her_id": None, "content_type": None}, "toHerId;subject;contentType"),
    ({"subject": "DIALOG_INNBYGGER_TIMERESERVASJON"}, "subject"),
]


def test_what_an_envelope_lacks_is_told_on_the_error_queue_of_its_sender(hub: ProtonHub) -> None:
    for changes, data in LACKING:
        message = envelope(**changes)
        came = refused(hub, message)
        named = dict(came.named)
        assert named.pop("errorConditionData") == data
        assert named.pop("originalMessageId") == (message.id or "")
        assert datetime.fromisoformat(named.pop("receiverTimeStamp"))
        assert datetime.fromisoformat(named.pop("applicationTimeStamp"))
        assert named.pop("errorDescription")
        ours = changes.get("to_her_id") or OWNER
        assert named == {
            "errorCondition": INVALID,
            "toHerId": HUB,
            "fromHerId": ours if ours != "0" else OWNER,
        }
        error = came.message
        assert came.body == b""
        assert (error.address, error.subject) == (f"{HUB}_error", message.subject)
        assert (error.reply_to, error.ttl) == (None, 0)
        assert error.id != message.id
        assert error.correlation_id == message.correlation_id


def test_without_a_sender_there_is_nobody_to_tell_and_it_is_laid_aside_whole(stage: Stage) -> None:
    message = envelope(from_her_id=None, to=f"{OWNER}_async")
    stage.hub.send(message, f"{OWNER}_async")

    def is_parked() -> bool:
        return (message.id, "parked") in stage.rows(inbox, "message_id", "outcome")

    assert eventually(is_parked)
    with ProtonHub(stage.port, [f"{OWNER}_dl"]) as operator:
        assert operator.wait_until(lambda: bool(operator.answers_to(message.id)))
        same = operator.answers_to(message.id)[0].message
    assert bytes(same.body) == bytes(message.body)
    assert (same.subject, same.address, same.reply_to) == (message.subject, message.address, message.reply_to)
    assert same.properties == message.properties


def eventually(holds: Callable[[], bool]) -> bool:
    return any(holds() or waited(0.05) for _ in range(600))


def waited(seconds: float) -> None:
    asyncio.run(asyncio.sleep(seconds))


# --- what other AMQP 1.0 clients do


def test_addresses_uuids_and_numbers_are_as_good_as_names_and_texts(hub: ProtonHub) -> None:
    message = envelope(reply_to=f"/amq/queue/{HUB}_syncreply")
    message.id, message.correlation_id = uuid4(), uuid4()
    message.properties |= {
        "toHerId": proton.int32(int(OWNER)),
        "fromHerId": int(HUB),
        "X-Count": proton.ubyte(3),
    }
    message.annotations = {proton.symbol("x-opt-origin"): "elsewhere"}
    hub.send(message, f"{OWNER}_sync")
    expected = str(message.correlation_id)
    assert hub.wait_until(lambda: bool(hub.answers_to(expected)))
    (came,) = hub.answers_to(expected)
    assert (came.queue, code_of(came)) == (f"{HUB}_syncreply", "40")
    assert came.message.annotations is None, "those of the request are not ours to send"
    hub.send(message, f"{OWNER}_sync")  # again: it is known by its id
    hub.ask(envelope(), f"{OWNER}_sync")
    assert hub.answers_to(expected) == [came]
    lacking = envelope(subject=None)
    lacking.id = uuid4()
    hub.send(lacking, f"{OWNER}_sync")
    assert hub.wait_until(lambda: bool(hub.answers_to(str(lacking.id))))


def test_a_body_that_is_not_one_data_section_is_refused_and_named(hub: ProtonHub) -> None:
    letter = resource_overview().body
    in_other_sections = [
        (letter.decode(), True),
        (letter, False),
        ([letter.decode()], True),
        ({"a": 1}, True),
    ]
    messages = []
    for body, inferred in in_other_sections:
        message = envelope()
        message.body, message.inferred = body, inferred
        messages.append(message)
    for message in messages:
        assert refused(hub, message).named["errorConditionData"] == "body"
    two = envelope(letter[:100])
    hub.send(Raw(two.encode() + b"\x00\x53\x75\xa0\x04</a>"), f"{OWNER}_sync")
    assert hub.wait_until(lambda: bool(hub.answers_to(two.id)))
    assert hub.answers_to(two.id)[0].named["errorConditionData"] == "body"


def test_no_body_at_all_is_no_letter(hub: ProtonHub) -> None:
    for body in (b"", None):
        message = envelope()
        message.body = body
        (came,) = hub.ask(message, f"{OWNER}_sync")
        assert came.named["errorCondition"] == "transport:not-well-formed-xml"
