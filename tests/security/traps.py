"""A file and an address that tell when somebody opens them, in Python or below it.

Python's own openings are seen by an audit hook. libxml2 opens files and sockets without asking Python, so
the file is watched by the kernel (inotify, where there is Linux), and the address by whoever listens there.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path
from typing import Any, Self

import xmlschema

import schemas

_IN_OPEN, _IN_NONBLOCK = 0x20, 0o4000
_WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "urllib.Request")
_OURS = [str(Path(module.__file__).parent) for module in (schemas, xmlschema)]
_listening: list[Traps] = []


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _WATCHED:
        for traps in _listening:
            traps.opened.append(f"{event} {arguments[0]!r}")


sys.addaudithook(_on_audit)  # for good: Python has no way to take one out


class Traps:
    """``file`` and ``url`` are the bait; ``sprung`` says what was opened while they stood."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "secret.txt"
        self.file.write_text("SECRET")
        self.opened: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/secret.xsd"
        self._inotify = -1

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            libc = ctypes.CDLL(None, use_errno=True)
            self._inotify = libc.inotify_init1(_IN_NONBLOCK)
            assert libc.inotify_add_watch(self._inotify, os.fsencode(self.file), _IN_OPEN) > 0
        _listening.append(self)
        return self

    def __exit__(self, *_error: object) -> None:
        _listening.remove(self)
        self._listener.close()
        if self._inotify >= 0:
            os.close(self._inotify)

    def sprung(self) -> list[str]:
        """Everything that was opened. The catalogue does not count, nor do modules and their sources."""
        found = [one for one in self.opened if not one.endswith((".py'", ".pyc'"))]
        found = [one for one in found if not any(folder in one for folder in _OURS)]
        try:
            self._listener.accept()[0].close()
            found.append("a connection to the address")
        except BlockingIOError:
            pass
        try:
            if self._inotify >= 0 and os.read(self._inotify, 4096):
                found.append("the file, below Python")
        except BlockingIOError:
            pass
        return found
