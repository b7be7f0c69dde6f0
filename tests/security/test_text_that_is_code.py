"""What is written to us is text and stays text: in the store, in replies, in logs and on a terminal. (P8)"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
import structlog
from lxml import etree
from sqlalchemy import func, inspect, select
from typer.testing import CliRunner

from adapter.cli.app import app
from adapter.database import open_engine
from adapter.message import Lane, Properties
from adapter.settings import Settings
from adapter.telemetry import configure_logging, tell
from handlers.desk.tables import appointment, slot
from tests.security.road import Road, said
from tests.support import letters
from tests.support.clinic import fill
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapter.message import Inbound

CODE = {
    "SQL": "K1'; DROP TABLE appointment; --",
    "SQL with a wildcard": "%' OR '1'='1",
    "SQL parameters": ":1 ? %s %(name)s $1",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "XML": "]]></text></uid><uid><text>K2",
    "a format": "{0.__class__.__mro__} {owner} %n%n%s %(x)d",
    "a shell": "$(touch /tmp/x); `id` | sh && true",
    "a lookup": "${jndi:ldap://127.0.0.1/x} #{7*7} {{7*7}}",
    "a formula": "=HYPERLINK(1)+cmd|' /C calc'!A0",
    "a path": "../../../../etc/passwd",
    "markup of the terminal": "[bold red]x[/bold red] [/nothing] [link=file:///etc/passwd]y[/link]",
}
LINES = {
    "a line of its own": 'x\n{"event": "answered", "level": "info"}',
    "a line of Windows": "x\r\n2027-03-01 [info] answered",
    "a line of Unicode": "x\u2028answered\u2029answered\x85answered",
    "colours": "\x1b[31mred\x1b[0m",
    "a title of the window": "\x1b]0;owned\x07",
    "a screen wiped": "\x1b[2J\x1b[H\x1bc",
    "in eight bits": "\x9b31m\x9d0;owned\x9c",
    "backspaces": "refused\b\b\b\b\b\b\banswered",
    "the other direction": "\u202edewol\u202c \u2066x\u2069",
    "NUL": "a\0b",
    "half a character": "a\ud800b",
    "a number of somebody's": "13911900203",
    "a long one": "x" * 60_000,
}
NAMES = [field.name for field in fields(Properties) if field.name != "headers"]


@pytest.mark.parametrize("name", CODE)
def test_what_a_citizen_writes_is_kept_as_it_is(road: Road, name: str) -> None:
    escaped = CODE[name].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = (
        letters.reserve().text.replace("Hoste &amp; snue", escaped).replace(">Line<", f">{escaped}<").encode()
    )
    outcome = road.send(inbound(body))
    assert said(outcome) == "answered 1 05"
    with road.engine.begin() as connection:
        kept = connection.execute(select(appointment.c.reason, appointment.c.given_name)).one()
    assert tuple(kept) == (CODE[name], CODE[name])
    reply = etree.fromstring(outcome.dispatches[1].outbound.body)
    assert reply.findtext(".//{*}Patient/{*}GivenName") == CODE[name]


@pytest.mark.parametrize("name", CODE)
def test_an_id_is_looked_up_as_it_is(road: Road, name: str) -> None:
    escaped = CODE[name].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for parts in (letters.reserve(), letters.cancel()):
        body = parts.but(event=letters.event_of("K1", uid=escaped, related_to=escaped)).body
        outcome = road.send(inbound(body))
        assert said(outcome) in {"answered 1 06", "answered 1 09"}
        reply = etree.fromstring(outcome.dispatches[1].outbound.body)
        assert reply.findtext(".//{*}uid/{*}text") == CODE[name]
    with road.engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(slot)) > 0
        assert inspect(connection).has_table("appointment")


@pytest.mark.parametrize("name", CODE | LINES)
@pytest.mark.parametrize("where", NAMES)
def test_strange_properties_have_an_outcome(road: Road, where: str, name: str) -> None:
    value = (CODE | LINES)[name]
    road.send(inbound(letters.reserve().body, **{where: value}))
    road.send(inbound(b"no xml", lane=Lane.SYNC, **{where: value}))
    road.send(inbound(b"", lane=Lane.ERROR, **{where: value}))


# --- logs


@pytest.fixture(params=["json", "text"])
def log_lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the service logs, in either format."""
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logging(Settings(log_format=request.param, log_level="debug"))
    yield written
    structlog.reset_defaults()


def told(road: Road, message: Inbound, written: io.StringIO) -> str:
    (outcome,) = road.batches.process([message])
    tell(message, outcome)
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("where", ["message_id", "from_her_id", "subject", "correlation_id", "reply_to"])
def test_one_message_is_one_line_in_the_log(
    road: Road, log_lines: io.StringIO, where: str, name: str
) -> None:
    for body in (letters.reserve().body, b"no xml"):
        line = told(road, inbound(body, **{where: LINES[name]}), log_lines)
        assert line.isascii()
        assert line.count("\n") == 1
        assert line.rstrip("\n").isprintable()
        assert len(line) < 1_500
        assert LINES[name] not in line


@pytest.mark.parametrize("name", [name for name in LINES if name not in {"NUL", "half a character"}])
@pytest.mark.parametrize("place", ["msg_id", "function", "asked", "conversation"])
def test_what_stands_in_a_letter_is_no_line_of_the_log(
    road: Road, log_lines: io.StringIO, place: str, name: str
) -> None:
    text = "".join(f"&#{ord(one)};" if ord(one) > 31 or one in "\r\n" else one for one in LINES[name])
    changes = (
        {"conversation": letters.THREAD.replace(">c<", f">{text}<")}
        if place == "conversation"
        else {place: text}
    )
    body = letters.reserve().but(**changes).body if place != "asked" else (
        letters.reserve().text.replace('V="RT"', f'V="{text}"').encode()
    )  # fmt: skip
    line = told(road, inbound(body, subject=LINES[name]), log_lines)
    line += told(road, inbound(body), log_lines)
    assert line.count("\n") == 2
    assert line.replace("\n", "").isprintable()
    assert LINES[name] not in line


@pytest.mark.parametrize("condition", LINES.values(), ids=LINES)
def test_what_an_error_message_says_is_no_line_of_the_log(
    road: Road, log_lines: io.StringIO, condition: str
) -> None:
    headers = {"errorCondition": condition, "errorDescription": condition, "originalMessageId": condition}
    line = told(road, inbound(b"", lane=Lane.ERROR, headers=headers), log_lines)
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    assert condition not in line


def test_an_ordinary_message_is_logged_with_its_ids(road: Road, log_lines: io.StringIO) -> None:
    message = inbound(letters.reserve().but(msg_id="0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001").body)
    line = told(road, message, log_lines)
    assert "0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001" in line
    assert str(message.properties.message_id) in line


# --- the command


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Road]:
    """A road on a store in a file, which the command looks into."""
    url = f"sqlite:///{tmp_path / 'timebok.db'}"
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    road = Road(engine=engine)
    for text in (CODE | LINES).values():
        road.send(inbound(b"no xml", message_id=text))
        road.send(inbound(b"no xml", subject=text))
        road.send(inbound(b"", lane=Lane.ERROR, headers={"errorCondition": text}))
        road.send(
            inbound(
                letters.reserve()
                .but(msg_id=text.split("<")[0].split("&")[0] or "x")
                .text.encode("ascii", "xmlcharrefreplace")
                .replace(b"&#55296;", b"")
                .translate(None, b"\0\x1b\x07\b\x9b")
            )
        )
    yield road
    engine.dispose()


@pytest.mark.parametrize(
    "command",
    [["list"], ["list", "--json"], ["show", "x"], ["show", "x", "--json"], ["show", "K"]],
)
def test_what_the_command_shows_is_plain(store: Road, command: list[str]) -> None:
    result = CliRunner().invoke(app, ["messages", *command], color=True, catch_exceptions=False)
    assert result.exit_code == 0
    assert [one for one in result.output.replace("\n", "") if not one.isprintable()] == []
    if "--json" in command:
        assert all(isinstance(json.loads(line), dict) for line in result.stdout.splitlines())
