"""Finds or starts a RabbitMQ, so that no test and no demo asks for more than what is installed.

In this order: the URL in ``TIMEBOK_AMQP_URL``; the machine's own ``rabbitmq-server`` as a private
throw-away node (``tools/private_node.py``); Docker, where an engine answers. It must never touch a broker
that merely happens to answer on localhost: that one is somebody's.

``python tools/broker.py`` starts one, prints its URL and waits for Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if __package__ in {None, ""}:  # run as a script: the repository's root is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.private_node import PrivateNode, find_server, wait_for_greeting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ENVIRONMENT_VARIABLE = "TIMEBOK_AMQP_URL"
DOCKER_IMAGE = "rabbitmq:4-alpine"


class NoBroker(Exception):
    """There is no broker to be had on this machine; the message says what would help."""


@dataclass(frozen=True)
class Broker:
    """A RabbitMQ that answers.

    ``origin`` tells a person where it came from. ``node`` is set for a private node only: it can be
    stopped, killed and started again with its data.
    """

    url: str
    origin: str
    node: PrivateNode | None = None

    def stop(self) -> None:
        """Stops a private node in an orderly way; raises ``NoBroker`` for a broker that is not ours."""
        self._own().stop()

    def kill(self) -> None:
        """Ends a private node as a crash would; raises ``NoBroker`` for a broker that is not ours."""
        self._own().kill()

    def start(self) -> None:
        """Starts a private node again, on its port and with its data."""
        self._own().start()

    def _own(self) -> PrivateNode:
        if self.node is None:
            raise NoBroker(f"{self.origin} is not ours to stop or start")
        return self.node


@contextmanager
def broker(plugins: tuple[str, ...] = ()) -> Iterator[Broker]:
    """Gives a broker for as long as the block lasts, and takes away all that it started.

    ``plugins`` are enabled on a private node; any other broker has the ones it has.

    Raises:
        NoBroker: there is none to be had.
    """
    with ExitStack() as stack:
        yield _from_environment() or _private(stack, plugins) or _from_docker(stack) or _none()


def _from_environment() -> Broker | None:
    url = os.environ.get(ENVIRONMENT_VARIABLE)
    if not url:
        return None
    parts = urlsplit(url)  # without the user and the password
    return Broker(url, f"the broker at {parts.hostname}:{parts.port or 5672} ({ENVIRONMENT_VARIABLE})")


def _private(stack: ExitStack, plugins: tuple[str, ...]) -> Broker | None:
    server = find_server()
    if server is None:
        return None
    node = stack.enter_context(PrivateNode(server, plugins))
    return Broker(node.url, f"a private RabbitMQ {node.version} on port {node.port}", node)


def _from_docker(stack: ExitStack) -> Broker | None:
    try:
        import docker  # noqa: PLC0415 - slow to import, and only the last resort needs it
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    except ImportError:
        return None
    try:
        engine = docker.from_env(timeout=5)
    except docker.errors.DockerException:
        return None
    try:
        engine.ping()
    except (docker.errors.DockerException, OSError):
        return None
    finally:
        engine.close()
    container = stack.enter_context(DockerContainer(DOCKER_IMAGE).with_exposed_ports(5672))
    host, port = container.get_container_host_ip(), int(container.get_exposed_port(5672))
    version = wait_for_greeting(host, port, seconds=120)
    return Broker(f"amqp://guest:guest@{host}:{port}/", f"RabbitMQ {version} in Docker on port {port}")


def _none() -> Broker:
    raise NoBroker(
        f"no broker: {ENVIRONMENT_VARIABLE} is not set, rabbitmq-server is not installed "
        "(Debian and Ubuntu: apt-get install rabbitmq-server) and no Docker engine answers"
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """Starts a broker, prints where it is and waits for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    try:
        with broker() as found:
            print(f"{found.origin}\n{found.url}\nCtrl-C ends it.", flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except NoBroker as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
