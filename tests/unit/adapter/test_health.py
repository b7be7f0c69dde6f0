"""What a container's keeper hears, and that nobody who speaks nonsense to the port disturbs anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from adapter import health
from adapter.health import health_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@pytest.fixture(autouse=True)
async def nothing_unhandled() -> AsyncIterator[None]:
    """No connection may leave an exception that only the event loop hears of."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unhandled.append(context))
    yield
    assert unhandled == []


async def ask(port: int, request: bytes, *, close: bool = False) -> bytes:
    """Everything that comes back on a connection of our own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    if close:
        writer.write_eof()
    try:
        return await reader.read()
    except ConnectionResetError:  # it had more to say than anybody listened to
        return b""
    finally:
        writer.close()


def always(ready: bool) -> Callable[[], bool]:
    return lambda: ready


@pytest.mark.parametrize("ready", [True, False])
async def test_it_lives_whether_it_is_ready_or_not(ready: bool) -> None:
    async with health_server("127.0.0.1", 0, always(ready)) as port:
        assert (await ask(port, b"GET /live HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_it_is_ready_only_while_it_is() -> None:
    states = iter([True, False, True])
    async with health_server("127.0.0.1", 0, lambda: next(states)) as port:
        told = [(await ask(port, b"GET /ready HTTP/1.1\r\n\r\n")).split()[1] for _ in range(3)]
    assert told == [b"200", b"503", b"200"]


async def test_an_answer_is_whole_and_ends_the_connection() -> None:
    async with health_server("127.0.0.1", 0, always(ready=True)) as port:
        head, _, body = (await ask(port, b"GET /ready HTTP/1.0\r\nHost: x\r\n\r\n")).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head
    assert body == b"ready\n"


JUNK = {
    "nothing": b"",
    "a line end": b"\r\n",
    "another path": b"GET / HTTP/1.1\r\n",
    "another method": b"POST /live HTTP/1.1\r\n",
    "no line end": b"GET /live",
    "a greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "amqp": b"AMQP\x00\x00\x09\x01",
    "a long line": b"GET /" + b"x" * 200_000,
}


@pytest.mark.parametrize("what", JUNK)
async def test_nonsense_gets_no_good_answer_and_the_next_one_does(what: str) -> None:
    async with health_server("127.0.0.1", 0, always(ready=True)) as port:
        answer = await ask(port, JUNK[what], close=True)
        assert b" 200 " not in answer or what == "no line end"
        assert b" 200 " in await ask(port, b"GET /live HTTP/1.1\r\n\r\n")


async def test_whoever_says_nothing_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE_SECONDS", 0.01)
    async with health_server("127.0.0.1", 0, always(ready=True)) as port:
        assert await ask(port, b"GET ") == b""


async def test_it_listens_only_for_as_long_as_it_is_asked_to() -> None:
    async with health_server("127.0.0.1", 0, always(ready=True)) as port:
        pass
    with pytest.raises(OSError):  # noqa: PT011 - refused, in whatever words
        await asyncio.open_connection("127.0.0.1", port)
