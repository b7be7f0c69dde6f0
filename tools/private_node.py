"""A throw-away RabbitMQ node of our own: free ports, data in a temporary folder, gone when we are.

It must leave nothing behind, neither a process nor a folder, however the process that started it ends.
So a watchdog (a shell that reads from a pipe of ours) ends the node and removes the folder when that pipe
closes, which the system sees to even when we are killed. And it must never meet another node: the name,
the ports and the name server (epmd) are its own, and it only listens on the loopback address.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HOST = "127.0.0.1"
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"
SERVERS = (  # the script itself: the wrapper that Debian puts on the PATH insists on a user of its own
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
)
DEBIAN_WRAPPER = "/usr/sbin/rabbitmq-server"
START_SECONDS = 90.0
STOP_SECONDS = 30.0
GREETING_SECONDS = 5.0
ATTEMPTS = 3

# $1 is the folder. Each line read is the list of processes and groups to end, and replaces the one before.
WATCHDOG = """
while read -r line; do pids=$line; done
if [ -n "$pids" ]; then kill -s KILL -- $pids 2>/dev/null; sleep 1; fi
rm -rf -- "$1"
"""


class NodeFailed(RuntimeError):
    """The node did not come up; the message ends with the last lines it wrote."""


def find_server() -> Path | None:
    """The machine's ``rabbitmq-server``, or ``None`` where it (or Erlang's epmd) is not installed."""
    on_path = shutil.which("rabbitmq-server")
    candidates = [*SERVERS, *([on_path] if on_path and on_path != DEBIAN_WRAPPER else [])]
    found = next((Path(name) for name in candidates if os.access(name, os.X_OK)), None)
    return found if shutil.which("epmd") else None


class PrivateNode:
    """The node, started on entering the ``with`` block and gone after it."""

    def __init__(self, server: Path, plugins: tuple[str, ...] = (), tls: str = "") -> None:
        """``server`` is the script to run; ``plugins`` are the names of those to enable.

        With ``tls``, options as Erlang's ``ssl`` knows them, the node listens on ``tls_port`` too.
        """
        self.version = ""
        self.port = self.tls_port = 0
        self.folder = Path()
        self._server = server
        self._plugins = plugins
        self._tls = tls
        self._dist_port = self._epmd_port = 0
        self._name = ""
        self._processes: list[subprocess.Popen[bytes]] = []
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{HOST}:{self.port}/"

    def __enter__(self) -> Self:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._open()
            except NodeFailed:
                # One that ended by itself most likely met somebody on a port that was free a moment ago.
                ended = any(process.poll() is not None for process in self._processes)
                self.close()
                if attempt == ATTEMPTS or not ended:
                    raise
            except BaseException:
                self.close()
                raise
            else:
                break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="timebok-rabbitmq-"))
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; the pipe tells it the rest
        )
        self.port, self.tls_port, self._dist_port, self._epmd_port = _free_ports(4)
        self._name = f"timebok-{uuid.uuid4().hex[:12]}@localhost"
        (self.folder / "plugins").write_text(f"[{','.join(self._plugins)}].\n")
        (self.folder / "rabbitmq.conf").write_text("")
        (self.folder / "env.conf").write_text("")
        if self._tls:
            listener = f'{{ssl_listeners, [{{"{HOST}", {self.tls_port}}}]}}, {{ssl_options, [{self._tls}]}}'
            (self.folder / "advanced.config").write_text(f"[{{rabbit, [{listener}]}}].\n")
        self.start()

    def start(self) -> None:
        """Starts the node and waits until it answers.

        Raises:
            NodeFailed: it ended, or did not answer in time.
        """
        if self._processes:
            return
        with (self.folder / "output.log").open("ab") as output:
            epmd = ["epmd", "-port", str(self._epmd_port), "-address", HOST]
            self._spawn(epmd, output.fileno())
            self._wait_until(lambda: _answers(self._epmd_port), START_SECONDS)
            self._spawn([str(self._server)], output.fileno())
        self._wait_until(lambda: bool(greeting(HOST, self.port)), START_SECONDS)
        self.version = greeting(HOST, self.port)

    def stop(self) -> None:
        """Stops the node in an orderly way; ``start`` brings it back with its data."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the node at once, as a crash would; ``start`` brings it back with what it had on disk."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Ends the node and removes every trace of it. Does nothing the second time."""
        self._end(signal.SIGKILL)
        if self._watchdog is not None and self._watchdog.stdin is not None:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.close()
            self._watchdog.wait()  # it removes the folder
            self._watchdog = None

    def _spawn(self, command: list[str], output: int) -> None:
        process = subprocess.Popen(
            command,
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a group of its own, so that it can be ended as a whole
        )
        self._processes.append(process)
        self._tell_watchdog()

    def _end(self, number: signal.Signals) -> None:
        while self._processes:  # the node before its name server
            process = self._processes[-1]
            with suppress(ProcessLookupError):
                process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with suppress(ProcessLookupError):  # what is left of its group, such as its port programs
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._processes.pop()
        self._tell_watchdog()

    def _tell_watchdog(self) -> None:
        if self._watchdog is None or self._watchdog.stdin is None:
            return
        groups = " ".join(f"-{process.pid}" for process in self._processes)
        with suppress(BrokenPipeError):
            self._watchdog.stdin.write(f"{groups}\n".encode())
            self._watchdog.stdin.flush()

    def _wait_until(self, answered: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not answered():
            if any(process.poll() is not None for process in self._processes):
                raise NodeFailed(f"the private RabbitMQ ended while starting\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise NodeFailed(f"the private RabbitMQ does not answer\n{self._last_words()}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        lines = (self.folder / "output.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def _environment(self) -> dict[str, str]:
        """All that the node is told. Nothing of ours leaks in but the PATH."""
        folder = self.folder
        return {
            "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),  # where the Erlang cookie is made
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # no shell between us and the node, which takes SIGTERM by itself
            "RUNNING_UNDER_SYSTEMD": "true",
            # -start_epmd false: the node must not leave a name server behind as a daemon.
            # +sbwt none: its threads do not spin while they wait, which matters on a small machine.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false "
                "+sbwt none +sbwtdcpu none +sbwtdio none"
            ),
        }


def greeting(host: str, port: int) -> str:
    """The version the broker names in its first frame; empty while it does not answer AMQP."""
    with suppress(OSError), socket.create_connection((host, port), timeout=GREETING_SECONDS) as connection:
        connection.sendall(AMQP_HEADER)
        answer = connection.recv(4096)
        if answer[:1] == b"\x01":  # a method frame: connection.start
            version = re.search(rb"\x07versionS....([0-9A-Za-z.+-]+)", answer, re.DOTALL)
            return version[1].decode() if version else "of unknown version"
    return ""


def wait_for_greeting(host: str, port: int, seconds: float) -> str:
    """Waits until a broker answers and gives its version; raises ``NodeFailed`` when it does not."""
    deadline = time.monotonic() + seconds
    while not (version := greeting(host, port)):
        if time.monotonic() > deadline:
            raise NodeFailed(f"no broker answers on {host}:{port}")
        time.sleep(0.1)
    return version


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
