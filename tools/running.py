"""The real service as a process of ours: started, waited for, stopped, and never left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 30.0


class ServiceFailed(Exception):
    """The service did not come up, or did not end as it has to; the message ends with its last words."""


class Service:
    """The command, running for as long as the `with` block lasts. What it says goes to the file `log`."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        self._port = _free_port()
        self._environment = environment | {
            "TIMEBOK_HEALTH_HOST": HOST,
            "TIMEBOK_HEALTH_PORT": str(self._port),
        }
        self._command = command

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; we tell it
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait_until_ready(self) -> float:
        """Wait for `/ready`, and tell how many seconds it took."""
        began = time.monotonic()
        while not self._ready():
            if self._process.poll() is not None:
                raise ServiceFailed(f"The service has ended before it was ready.\n\n{self.last_words()}")
            if time.monotonic() > began + READY_SECONDS:
                raise ServiceFailed(f"The service does not become ready.\n\n{self.last_words()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self) -> float:
        """Ask it to stop (SIGTERM), and tell how many seconds it took."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise ServiceFailed(f"The service does not stop on SIGTERM.\n\n{self.last_words()}") from None
        if status:
            raise ServiceFailed(f"The service has ended with status {status}.\n\n{self.last_words()}")
        return time.monotonic() - began

    def last_words(self, lines: int = 30) -> str:
        """The end of its log."""
        return "\n".join(
            ["The end of its log:", *self._log.read_text(errors="replace").splitlines()[-lines:]]
        )

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self._port}/ready", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
