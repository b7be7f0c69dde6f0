"""A connection to the broker: the one place that knows how to open one, whoever needs it.

The files with secrets and certificates are read each time, so that what has been changed is taken. It must
never connect without the checks that the settings ask for, and never tell a secret.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from aio_pika import Connection
from aio_pika.abc import ConnectionParameter
from aio_pika.connection import make_url
from aiormq.exceptions import AMQPError, InvalidFrameError
from yarl import URL

from adapter.mailbox.arrivals import Arrivals
from adapter.mailbox.port import MailboxUnavailable
from adapter.mailbox.tls import context_of, in_plain_words, when_cut_off
from adapter.secret_file import SecretUnavailable, read_secret

if TYPE_CHECKING:
    from aio_pika.abc import TimeoutType

    from adapter.mailbox.broker import Broker


class BrokerConnection(Connection):
    """aio-pika's connection, not opened yet, to ``broker``. ``heartbeat`` is in seconds."""

    PARAMETERS = (*Connection.PARAMETERS, ConnectionParameter("server_hostname", str, is_kwarg=True))

    def __init__(self, broker: Broker, heartbeat: int | None = None) -> None:
        self._broker = broker
        url = make_url(broker.url, heartbeat=heartbeat, name="timebok")
        super().__init__(url, server_hostname=broker.tls.server_name)
        self.arrivals = Arrivals()
        self.kwargs["transport_factory"] = self.arrivals

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109 - aio-pika's
        """Open it.

        Raises:
            MailboxUnavailable: a file cannot be used, or TLS failed. In words that say which, and why.
        """
        self.url, self.kwargs["context"] = check(self._broker, self.url)
        try:
            await super().connect(timeout)
        except (AMQPError, OSError) as error:
            if said := _said(error, self._broker):
                raise MailboxUnavailable(said) from None
            raise


def check(broker: Broker, url: URL | None = None) -> tuple[URL, ssl.SSLContext | None]:
    """Read the files that a connection takes, also for a start that tells at once what is wrong with them.

    The URL with user and password, and the context if it is one with TLS. Raises ``MailboxUnavailable``.
    """
    try:
        whole = _with_credentials(url or URL(broker.url), broker)
        return whole, context_of(broker.tls) if broker.encrypted else None
    except SecretUnavailable as error:
        raise MailboxUnavailable(str(error)) from None


def _with_credentials(url: URL, broker: Broker) -> URL:
    if broker.user_file:
        url = url.with_user(read_secret(broker.user_file, "TIMEBOK_AMQP_USER_FILE"))
    if broker.password_file:
        url = url.with_password(read_secret(broker.password_file, "TIMEBOK_AMQP_PASSWORD_FILE"))
    return url


def _said(error: BaseException, broker: Broker) -> str:
    """What an error means where the library's own words do not tell; empty where they do."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return in_plain_words(cause, broker)
        # The library expects the broker to say yes to the vhost, and quotes an object for anything else.
        if isinstance(cause, InvalidFrameError) and "Connection.Close " in str(cause):
            return (
                f"{broker.address} ended the connection: there is no such vhost, or the user may not use it"
            )
    if not any(isinstance(cause, ConnectionResetError | asyncio.IncompleteReadError) for cause in causes):
        return ""
    return when_cut_off(broker)


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and what led to it. The library's chains may lead back to where they began."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__
    return found
