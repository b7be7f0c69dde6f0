"""Programs under measurement: started, watched from outside, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
_PATIENCE = 30.0
_LAST_WORDS = 25


class Failed(Exception):
    """A program has ended, or does not do what it is there for; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What some processes have used: seconds of processors, and megabytes that they hold now."""

    seconds: float
    megabytes: float


class Running:
    """One or more processes that do the same work."""

    def __init__(self, processes: Sequence[subprocess.Popen[bytes]], logs: Sequence[Path]) -> None:
        self._processes = processes
        self._logs = logs
        self._watched = [psutil.Process(process.pid) for process in processes]

    def check(self) -> None:
        """Raise ``Failed`` when one of them has ended."""
        for process, log in zip(self._processes, self._logs, strict=True):
            if process.poll() is not None:
                raise Failed(f"it has ended with {process.returncode}\n{_last_words(log)}")

    def last_words(self) -> str:
        """The end of each log."""
        return "\n".join(map(_last_words, self._logs))

    def usage(self) -> Usage:
        """Of all of them together."""
        return _usage(self._watched)

    def stop(self) -> None:
        """End them as a container does, and wait."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running(
    command: Sequence[str], settings: Mapping[str, str], folder: Path, copies: int = 1
) -> Iterator[Running]:
    """``copies`` processes of a command, with settings of timebok's in their environment."""
    environment = environment_with(settings)
    with ExitStack() as stack:
        processes, logs = [], []
        for number in range(copies):
            logs.append(folder / f"process-{number}.log")
            output = stack.enter_context(logs[-1].open("wb"))
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            stack.callback(_end, process)
            processes.append(process)
        stack.enter_context(_watchdog(processes))
        yield Running(processes, logs)


@contextmanager
def _watchdog(processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """A shell that ends them when we are killed: what it reads from closes then, however that happens."""
    watched = [str(process.pid) for process in processes]
    with subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _ || kill -s KILL "$@" 2>/dev/null', "watchdog", *watched],
        stdin=subprocess.PIPE,
        start_new_session=True,  # what is meant for us must not end it
    ) as dog:
        yield
        dog.kill()  # before their numbers can be somebody else's


def environment_with(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment with these settings of timebok's, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBOK_")}
    return kept | {f"TIMEBOK_{name.upper()}": value for name, value in settings.items()}


def broker_usage() -> Usage | None:
    """Of the RabbitMQ that we have started; ``None`` when it is somebody else's."""
    ours = [child for child in psutil.Process().children(recursive=True) if _is_erlang(child)]
    return _usage(ours) if ours else None


def _is_erlang(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return str(process.name()).startswith("beam")
    return False


def _usage(processes: Sequence[psutil.Process]) -> Usage:
    seconds = megabytes = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
            megabytes += process.memory_info().rss / 1e6
    return Usage(seconds, megabytes)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_WORDS:])
