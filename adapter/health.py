"""Tells a container's keeper whether the service lives and is ready, and its figures, by a bit of HTTP.

``GET /live`` is 200 while the process answers at all; ``GET /ready`` is 200 only while a consumer of ours
is alive on the broker, else 503; ``GET /metrics`` is what ``metrics`` renders. It says nothing else and
listens only when a port is set.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from adapter.metrics import Metrics

_PATIENCE_SECONDS = 5
_OK, _AWAY = "200 OK", "503 Service Unavailable"
_TEXT = "text/plain"


@asynccontextmanager
async def health_server(
    host: str, port: int, is_ready: Callable[[], bool], metrics: Metrics | None = None
) -> AsyncIterator[int]:
    """Serve health on ``host:port`` (0: any free port) for as long as the context lasts; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                line = await reader.readline()
                status, kind, body = _answer(line, is_ready, metrics)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass  # whoever asked has gone, or does not speak HTTP
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _answer(
    request_line: bytes, is_ready: Callable[[], bool], metrics: Metrics | None
) -> tuple[str, str, bytes]:
    """Status, content type and body."""
    match request_line.split():
        case [b"GET", b"/live", *_]:
            return _OK, _TEXT, b"alive\n"
        case [b"GET", b"/ready", *_]:
            return (_OK, _TEXT, b"ready\n") if is_ready() else (_AWAY, _TEXT, b"not ready\n")
        case [b"GET", b"/metrics", *_] if metrics is not None:
            return _OK, metrics.content_type, metrics.render()
    return "404 Not Found", _TEXT, b"GET /live, /ready or /metrics\n"
