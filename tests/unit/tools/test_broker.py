"""A private broker leaves nothing behind, however it ends; and nobody else's is ever touched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools import broker as tool
from tools import private_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
SERVER = private_node.find_server()
needs_server = pytest.mark.skipif(
    SERVER is None and not os.environ.get("CI"), reason="rabbitmq-server is not installed"
)
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="counts processes in /proc")


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no broker at all."""
    monkeypatch.delenv(tool.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(tool, "find_server", lambda: None)
    monkeypatch.setattr(tool, "_from_docker", lambda _stack: None)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tool.ENVIRONMENT_VARIABLE, "amqp://me:secret@broker.example.org/")
    with tool.broker() as found:
        assert found.url == "amqp://me:secret@broker.example.org/"
        assert "broker.example.org:5672" in found.origin
        assert "secret" not in found.origin
        for change in (found.stop, found.kill, found.start):
            with pytest.raises(tool.NoBroker, match="not ours"):
                change()


@pytest.mark.usefixtures("nothing_there")
def test_without_a_broker_the_message_says_what_would_help() -> None:
    with pytest.raises(tool.NoBroker, match=r"TIMEBOK_AMQP_URL.*rabbitmq-server.*Docker"), tool.broker():
        pytest.fail("there is none")


@pytest.mark.usefixtures("nothing_there")
def test_run_without_a_broker_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert tool.main() == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "no broker" in capsys.readouterr().err


def test_debians_wrapper_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_node, "SERVERS", ())
    monkeypatch.setattr(shutil, "which", lambda _name: private_node.DEBIAN_WRAPPER)
    assert private_node.find_server() is None


def test_an_open_port_is_no_broker(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_node, "GREETING_SECONDS", 0.1)
    host, port = listener.getsockname()
    assert not private_node.greeting(host, port)
    with pytest.raises(private_node.NodeFailed, match=str(port)):
        private_node.wait_for_greeting(host, port, seconds=0)


@needs_server
@needs_proc
def test_a_node_that_does_not_come_up_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    broken = tmp_path / "rabbitmq-server"
    broken.write_text("#!/bin/sh\necho no room at the inn\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(private_node.NodeFailed, match="no room at the inn"), private_node.PrivateNode(broken):
        pytest.fail("it cannot start")
    assert [path.name for path in tmp_path.iterdir()] == ["rabbitmq-server"]
    assert not _processes(tmp_path)


@needs_server
@needs_proc
def test_a_private_node_restarts_on_its_port_and_leaves_nothing_even_when_its_user_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(tool.ENVIRONMENT_VARIABLE, raising=False)
    used: list[private_node.PrivateNode] = []
    with pytest.raises(ZeroDivisionError):
        _restart_and_fail(used)
    assert not _processes(used[0].folder)
    assert not used[0].folder.exists()


@needs_server
@needs_proc
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_run_as_a_script_it_leaves_nothing_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    environment = {name: value for name, value in os.environ.items() if name != tool.ENVIRONMENT_VARIABLE}
    script = subprocess.Popen(
        [sys.executable, ROOT / "tools" / "broker.py"],
        env=environment | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with script:
        assert script.stdout is not None
        assert script.stdout.readline().startswith("a private RabbitMQ")
        assert script.stdout.readline().startswith("amqp://guest:guest@127.0.0.1:")
        assert _processes(tmp_path)
        script.send_signal(number)
    assert script.returncode == (-number if number is signal.SIGKILL else 0)
    _eventually(lambda: not _processes(tmp_path) and not list(tmp_path.iterdir()))


def _restart_and_fail(used: list[private_node.PrivateNode]) -> None:
    with tool.broker() as found:
        node = found.node
        assert node is not None
        used.append(node)
        assert found.origin == f"a private RabbitMQ {node.version} on port {node.port}"
        assert re.match(r"\d+\.\d+", node.version)
        assert _processes(node.folder)
        found.stop()
        assert not private_node.greeting("127.0.0.1", node.port)
        assert not _processes(node.folder)
        found.start()
        found.start()  # once more is no matter
        assert private_node.greeting("127.0.0.1", node.port) == node.version
        raise ZeroDivisionError


def _processes(folder: Path) -> list[str]:
    """The processes whose environment or command names the folder: the node and all it started."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            except OSError:
                continue
            if f"{folder}/timebok-rabbitmq-".encode() in told or f"={folder}\0".encode() in told:
                found.append(process.name)
    return found


def _eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
