"""The real command, `timebok serve`, as processes of ours that can be killed, and are never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.reliability.waiting import PATIENCE, eventually

if TYPE_CHECKING:
    from adapter.crash_points import CrashPoint

TIMEBOK = Path(sys.executable).with_name("timebok")
KILLED = -signal.SIGKILL
_LAST_WORDS, _WIDTH = 25, 300
# Ours are told each by itself. Without bytecode a start takes twice as long, and there are dozens of them.
_NOT_PASSED_ON = ("TIMEBOK_", "PYTHONDONTWRITEBYTECODE")


class Process:
    """One `timebok serve`. What it says goes to the file ``log``."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [TIMEBOK, "serve"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        """What it ended with; minus the signal that killed it."""
        return self._process.poll()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.alive:
            self._process.kill()
        self._process.wait()

    async def ended(self, patience: float = PATIENCE) -> int:
        """Wait until it has ended, and give its status."""
        await eventually(lambda: not self.alive, "the service ends", patience, self.last_words)
        return self._process.wait()

    async def stop(self) -> None:
        """Ask it to stop, as a container does, once it serves; it has to end well."""
        await eventually(lambda: bool(self.said("serving")), "it serves", details=self.last_words)
        self.signal(signal.SIGTERM)
        assert await self.ended() == 0, self.last_words()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log about ``event``."""
        lines = self._log.read_text(errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if entry.get("event") == event]

    def last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
        return "\n".join(["the end of its log:", *(line[:_WIDTH] for line in lines)])


class Processes:
    """Starts services on one store and one broker, and sees to it that none is left."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.all: list[Process] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        self._environment = kept | {f"TIMEBOK_{name.upper()}": value for name, value in settings.items()}
        self._folder = folder

    def start(self, crash_at: CrashPoint | None = None, count: int = 1, **settings: str) -> Process:
        """Start one; with ``crash_at`` it dies when it comes by that point for the ``count``-th time."""
        more = {f"TIMEBOK_{name.upper()}": value for name, value in settings.items()}
        if crash_at is not None:
            more["TIMEBOK_CRASH_AT"] = f"{crash_at}:{count}"
        log = self._folder / f"service-{len(self.all) + 1}.log"
        self.all.append(Process(self._environment | more, log))
        return self.all[-1]

    async def run(self, *arguments: str, said: str = "", **settings: str) -> str:
        """What the command says with these arguments, with ``said`` piped in; it has to end well."""
        more = {f"TIMEBOK_{name.upper()}": value for name, value in settings.items()}
        ended = await asyncio.to_thread(
            subprocess.run,
            [TIMEBOK, *arguments],
            env=self._environment | more,
            input=said,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def alive(self) -> list[Process]:
        return [one for one in self.all if one.alive]

    def last_words(self) -> str:
        """Of those that were there last."""
        return "\n".join(one.last_words() for one in self.all[-2:])

    def close(self) -> None:
        for one in self.all:
            one.kill()
