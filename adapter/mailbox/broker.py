"""Where the broker is, how it proves that it is the right one, and what we show it to be let in.

These are the settings only; ``connection`` acts on them. The URL and the files hold secrets: nothing here may
show one, in a repr, a log or an error. And nothing here may let a broker pass whose certificate is not good.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from yarl import URL

from adapter.mailbox.port import MailboxError

if TYPE_CHECKING:
    from pathlib import Path

# What may stand in the URL's query: how to connect, never how far to trust.
_HARMLESS = {"name", "heartbeat", "timeout", "connection_timeout", "interleave", "happy_eyeballs_delay"}
_OF_TLS = {
    *("no_verify_ssl", "verify", "verify_ssl", "fail_if_no_peer_cert", "check_hostname", "ssl_options"),
    *("cafile", "capath", "cadata", "cacertfile", "certfile", "keyfile", "server_name_indication"),
}
_FORM = (
    "the broker's URL must read amqp://user:password@host:port/vhost, or amqps://; "
    "in user, password and vhost each of / ? # @ : % is written as %2F %3F %23 %40 %3A %25"
)


class WrongBroker(MailboxError, ValueError):
    """Settings of the broker that cannot work, or not together. The message says which."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the broker's certificate is checked, and which of our own is shown. PEM files, read each time.

    ``authorities`` are the certificates to trust, instead of the machine's. ``server_name`` is the name to
    look for in the broker's certificate, instead of the URL's.
    """

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    passphrase: Path | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        if self.key and not self.certificate:
            raise WrongBroker("TIMEBOK_AMQP_KEY_FILE is set, and TIMEBOK_AMQP_CERTIFICATE_FILE is not")
        if self.passphrase and not self.certificate:
            raise WrongBroker("TIMEBOK_AMQP_KEY_PASSPHRASE_FILE is set, and there is no key that it is for")

    @property
    def is_set(self) -> bool:
        """Whether anything is."""
        return any(getattr(self, one.name) is not None for one in fields(self))


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker, and who we are to it. ``user_file`` and ``password_file`` are read at each connect.

    Raises:
        WrongBroker: the URL is none of a broker, or what is set does not go together.
    """

    url: str = field(repr=False)
    """``amqp://``, or ``amqps://`` with TLS; with or without user and password."""
    tls: Tls = field(default_factory=Tls)
    user_file: Path | None = None
    password_file: Path | None = None

    def __post_init__(self) -> None:
        url = self._parsed()
        for word in url.query:
            if word in _OF_TLS:
                raise WrongBroker(
                    f"the broker's URL may not say {word}: how certificates are checked is set by "
                    "TIMEBOK_AMQP_CA_FILE and its like, and it is never switched off"
                )
        if set(url.query) - _HARMLESS:
            raise WrongBroker("the broker's URL has something behind the ? that timebok does not know")
        if self.tls.is_set and url.scheme != "amqps":
            raise WrongBroker("TLS settings without amqps: the broker's URL begins with amqp://")
        if self.user_file and url.user:
            raise WrongBroker(
                "the user is in the broker's URL and in TIMEBOK_AMQP_USER_FILE; it must be in one"
            )
        if self.password_file and url.password is not None:
            raise WrongBroker(
                "the password is in the broker's URL and in TIMEBOK_AMQP_PASSWORD_FILE; it must be in one"
            )
        if self.password_file and not (url.user or self.user_file):
            raise WrongBroker(
                "TIMEBOK_AMQP_PASSWORD_FILE is set, and there is no user: "
                "neither in the broker's URL nor by TIMEBOK_AMQP_USER_FILE"
            )

    @property
    def address(self) -> str:
        """Where the broker is, for logs and errors: without the user and the password."""
        url = URL(self.url)
        return f"{url.host}:{url.port or (5671 if url.scheme == 'amqps' else 5672)}{url.path}"

    @property
    def encrypted(self) -> bool:
        """Whether the way there is."""
        return URL(self.url).scheme == "amqps"

    def _parsed(self) -> URL:
        try:
            url = URL(self.url)
            # The other half of a password that has a / or # in it, and would be taken for an address.
            torn = "@" in url.raw_path or "@" in url.raw_query_string or url.raw_fragment
            valid = url.scheme in {"amqp", "amqps"} and bool(url.host) and not torn
        except ValueError:
            valid = False
        if not valid:  # raised out here, since what yarl says may quote the URL
            raise WrongBroker(_FORM)
        return url
