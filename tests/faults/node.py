"""A private RabbitMQ node as its operator sees it: stopped, started, and ordered about with rabbitmqctl."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.private_node import PrivateNode

_LONG_ENOUGH = 60


class Node:
    """All calls wait until what they ask for is done."""

    def __init__(self, private: PrivateNode) -> None:
        self._private = private
        self._is_alarmed = False

    @property
    def url(self) -> str:
        return self._private.url

    async def stop(self) -> None:
        """In an orderly way."""
        await asyncio.to_thread(self._private.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self._private.start)

    async def alarm(self) -> None:
        """Run out of memory, as far as the node believes: it takes nothing more from whoever publishes."""
        self._is_alarmed = True
        await self.control("set_vm_memory_high_watermark", "0")

    async def relief(self) -> None:
        """Have memory enough again, if it has not."""
        if self._is_alarmed:
            await self.control("set_vm_memory_high_watermark", "0.4")
            self._is_alarmed = False

    async def control(self, *arguments: str) -> None:
        """Run rabbitmqctl, which lies beside the server."""
        await asyncio.to_thread(self._control, arguments)

    def _control(self, arguments: tuple[str, ...]) -> None:
        private = self._private
        command = [private._server.with_name("rabbitmqctl"), "-q", "-n", private._name, *arguments]
        environment = private._environment()
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_LONG_ENOUGH, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
