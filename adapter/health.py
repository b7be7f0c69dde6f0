"""Tells a container's keeper whether the service lives and is ready, over a few lines of HTTP.

``GET /live`` is 200 while the process answers at all; ``GET /ready`` is 200 only while a consumer of ours
is alive on the broker, else 503. It says nothing else and listens only when a port is set.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_PATIENCE_SECONDS = 5


@asynccontextmanager
async def health_server(host: str, port: int, is_ready: Callable[[], bool]) -> AsyncIterator[int]:
    """Serve health on ``host:port`` (0: any free port) for as long as the context lasts; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                line = await reader.readline()
                status, text = _status(line, is_ready)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
                    f"Connection: close\r\n\r\n{text}".encode()
                )
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass  # whoever asked has gone, or does not speak HTTP
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _status(request_line: bytes, is_ready: Callable[[], bool]) -> tuple[str, str]:
    match request_line.split():
        case [b"GET", b"/live", *_]:
            return "200 OK", "alive\n"
        case [b"GET", b"/ready", *_]:
            return ("200 OK", "ready\n") if is_ready() else ("503 Service Unavailable", "not ready\n")
    return "404 Not Found", "GET /live or /ready\n"
