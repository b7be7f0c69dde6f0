"""TLS with a real RabbitMQ that asks for our certificate: who is let in, what the others are told. (A1)"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
import uvloop
from aiormq.exceptions import AMQPConnectionError
from cryptography import x509

from adapter.mailbox import MailboxUnavailable
from adapter.mailbox.broker import Broker, Tls
from adapter.mailbox.connection import BrokerConnection, _said, check
from adapter.mailbox.parked import dead_letters
from adapter.mailbox.pauses import Pauses
from adapter.mailbox.rabbitmq import RabbitMailbox
from adapter.mailbox.settings import RabbitSettings
from adapter.service import make_broker
from adapter.settings import Settings
from tests.support.certificates import key
from tools.certificates import Authority
from tools.private_node import PrivateNode, find_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.certificates import Issued

NOW, DAY = datetime.now(UTC), timedelta(days=1)
PASSPHRASE = "åpen-sesam"
SECRETS = ("hush-hush", PASSPHRASE, "PRIVATE KEY")

# The certificate of the node follows the name it is asked for.
OPTIONS = """
{{cacertfile, "{0}/ca.pem"}}, {{certfile, "{0}/node.pem"}}, {{keyfile, "{0}/node.pem"}},
{{verify, verify_peer}}, {{fail_if_no_peer_cert, true}},
{{sni_hosts, [{{"expired.test", [{{certfile, "{0}/expired.pem"}}, {{keyfile, "{0}/expired.pem"}}]}}]}}
"""


@dataclass(frozen=True)
class Hub:
    """A node that listens with TLS, and the files that we have of it."""

    node: PrivateNode
    folder: Path
    good: Tls = field(default_factory=Tls)

    @property
    def url(self) -> str:
        return f"amqps://guest:guest@127.0.0.1:{self.node.tls_port}/"

    def broker(self, **changes: Any) -> Broker:
        return Broker(self.url, replace(self.good, **changes))

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    server = find_server()
    if server is None:
        pytest.skip("rabbitmq-server is not installed here")
    folder = tmp_path_factory.mktemp("tls")
    ours, strangers = Authority("Ours", NOW, key=key("root")), Authority("Strangers", NOW, key=key("middle"))

    def issue(name: str, by: Authority, end: timedelta, *names: str) -> Issued:
        called = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        return by.issue(
            name,
            ["digital_signature", "key_encipherment"],
            NOW - 3 * DAY,
            NOW + end,
            key=key(name),
            extensions=[(called, False)] if names else (),
        )

    made = {
        "ca": ours.pem,
        "strangers": strangers.pem,
        "node": issue("node", ours, DAY, "broker.test").pem(),
        "expired": issue("expired", ours, -DAY, "expired.test").pem(),
        "client": issue("client", ours, DAY).certificate_pem,
        "client-key": issue("client", ours, DAY).pem(PASSPHRASE.encode()),
        "stranger": issue("stranger", strangers, DAY).pem(),
    }
    for name, pem in made.items():
        (folder / f"{name}.pem").write_bytes(pem)
    (folder / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    (folder / "empty").write_bytes(b"")
    names = ("ca.pem", "client.pem", "client-key.pem", "passphrase")
    with PrivateNode(server, tls=OPTIONS.format(folder)) as node:
        yield Hub(node, folder, Tls(*(folder / name for name in names), "broker.test"))


async def connect(broker: Broker) -> None:
    connection = BrokerConnection(broker)
    await connection.connect(timeout=10)
    await connection.close()


async def refusal(broker: Broker) -> str:
    with pytest.raises(MailboxUnavailable) as caught:
        await connect(broker)
    said = str(caught.value)
    assert not [secret for secret in SECRETS if secret in f"{said} {broker!r} {caught.value.__cause__!r}"]
    return said


async def test_the_right_one_is_let_in_with_our_certificate(hub: Hub) -> None:
    await connect(hub.broker())


WRONG: dict[str, tuple[dict[str, str | None], str, str]] = {
    "another authority": ({"authorities": "strangers.pem"}, "from no authority in", "TIMEBOK_AMQP_CA_FILE"),
    "the machine's authorities": ({"authorities": None}, "known to this machine", "TIMEBOK_AMQP_CA_FILE"),
    "another name": ({"server_name": "another.test"}, "is not for another.test", "TIMEBOK_AMQP_SERVER_NAME"),
    "an address for a name": ({"server_name": None}, "is not for 127.0.0.1", "TIMEBOK_AMQP_SERVER_NAME"),
    "an expired one": ({"server_name": "expired.test"}, "has expired", "has to renew it"),
    "none of ours": (
        {"certificate": None, "key": None, "passphrase": None},
        "for a certificate of ours",
        "TIMEBOK_AMQP_CERTIFICATE_FILE",
    ),
    "one of ours that is a stranger's": (
        {"certificate": "stranger.pem", "key": None, "passphrase": None},
        "take our certificate from",
        "stranger.pem",
    ),
    "a key of another": (
        {"key": "stranger.pem", "passphrase": None},
        "stranger.pem is not the one of the certificate in",
        "client.pem",
    ),
    "no passphrase": ({"passphrase": None}, "client-key.pem", "TIMEBOK_AMQP_KEY_PASSPHRASE_FILE"),
    "another's passphrase": ({"passphrase": "client.pem"}, "client-key.pem", "PASSPHRASE_FILE"),
    "no file of authorities": ({"authorities": "nowhere.pem"}, "nowhere.pem", "No such file"),
    "no authority in the file": ({"authorities": "empty"}, "holds no certificate", "TIMEBOK_AMQP_CA_FILE"),
    "no certificate of ours": ({"certificate": "nowhere.pem"}, "AMQP_CERTIFICATE_FILE", "No such file"),
    "no key": ({"key": "nowhere.pem"}, "TIMEBOK_AMQP_KEY_FILE", "No such file"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_nobody_else_is_and_is_told_which_file_and_what_to_do(hub: Hub, what: str) -> None:
    changes, *words = WRONG[what]
    files = {
        name: value if name == "server_name" or value is None else hub.file(value)
        for name, value in changes.items()
    }
    said = await refusal(hub.broker(**files))
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize("what", ["an expired one", "another name", "none of ours"])
def test_the_loop_that_the_service_runs_on_tells_the_same(hub: Hub, what: str) -> None:
    changes, words, _ = WRONG[what]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert words in runner.run(refusal(hub.broker(**changes)))


@pytest.mark.parametrize("what", ["none of ours", "one of ours that is a stranger's"])
def test_it_is_told_also_when_the_node_is_gone_before_its_reason_is_read(hub: Hub, what: str) -> None:
    changes, *words = WRONG[what]
    certificate = changes["certificate"]
    broker = hub.broker(certificate=certificate and hub.file(certificate), key=None, passphrase=None)
    error = AMQPConnectionError("gone")
    error.__cause__ = ConnectionResetError()
    error.__cause__.__cause__ = error  # the library's chains do so
    said = _said(error, broker)
    assert [word for word in words if word not in said] == [], said


async def test_whoever_does_not_speak_tls_is_told_so(hub: Hub) -> None:
    plain = Broker(hub.url.replace("amqps", "amqp"))
    assert "has to begin with amqps://" in await refusal(plain)
    other_port = replace(hub.broker(), url=hub.node.url.replace("amqp", "amqps"))
    assert "nobody speaks TLS" in await refusal(other_port)


async def test_a_vhost_that_is_not_there_is_told(hub: Hub) -> None:
    said = await refusal(replace(hub.broker(), url=f"{hub.url}nowhere"))
    assert "/nowhere ended the connection: there is no such vhost, or the user may not use it" in said


def test_nothing_older_than_tls_1_2_is_spoken_and_every_certificate_checked(hub: Hub) -> None:
    _, context = check(hub.broker())
    assert context is not None
    assert (context.minimum_version.name, context.verify_mode.name) == ("TLSv1_2", "CERT_REQUIRED")
    assert context.check_hostname


async def test_parked_messages_are_looked_at_the_same_way(hub: Hub) -> None:
    async with dead_letters(hub.broker(), ["91095"]) as letters:
        assert letters.messages == []
    with pytest.raises(MailboxUnavailable, match="has expired"):
        async with dead_letters(hub.broker(server_name="expired.test"), ["91095"]):
            pass


async def test_the_settings_lead_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "CA_FILE": "ca.pem",
        "CERTIFICATE_FILE": "client.pem",
        "KEY_FILE": "client-key.pem",
        "KEY_PASSPHRASE_FILE": "passphrase",
    }
    for name, file in files.items():
        monkeypatch.setenv(f"TIMEBOK_AMQP_{name}", str(hub.file(file)))
    monkeypatch.setenv("TIMEBOK_AMQP_SERVER_NAME", "broker.test")
    monkeypatch.setenv("TIMEBOK_AMQP_URL", hub.url)
    await connect(make_broker(Settings()))
    await connect(make_broker(Settings(), hub.url))


async def test_it_is_checked_again_at_each_connect_and_what_was_renewed_is_taken(
    hub: Hub, tmp_path: Path, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """User and password come from files, as does everything else; all of it is read each time."""
    monkeypatch.setattr(Pauses, "next", lambda _: 0.05)
    user, password = tmp_path / "user", tmp_path / "password"
    authorities = tmp_path / "ca.pem"
    user.write_text("guest\n")
    password.write_text("guest\n")
    authorities.write_bytes(hub.file("ca.pem").read_bytes())
    url = hub.url.replace("guest:guest@", "")
    broker = Broker(url, replace(hub.good, authorities=authorities), user, password)
    mailbox = RabbitMailbox(RabbitSettings(broker))
    with structlog.testing.capture_logs() as logs:
        await mailbox.start(["91095"])
        assert mailbox.ready
        for change, words in {
            lambda: authorities.write_bytes(hub.file("strangers.pem").read_bytes()): "from no authority in",
            lambda: password.write_text("hush-hush\n"): "ACCESS_REFUSED",
            password.unlink: "TIMEBOK_AMQP_PASSWORD_FILE",
            lambda: user.write_text(""): "which is empty",
        }.items():
            logs.clear()
            change()
            await lose(mailbox)
            await eventually(lambda words=words: words in str(logs))
            assert not mailbox.ready
            user.write_text("guest\n")
            password.write_text("guest")
            authorities.write_bytes(hub.file("ca.pem").read_bytes())
            await eventually(lambda: mailbox.ready)
            assert "hush-hush" not in str(logs)
    await mailbox.close()


async def lose(mailbox: RabbitMailbox) -> None:
    """Let its connection end, as a network does."""
    session = mailbox._session
    assert session is not None
    assert session._connection.transport is not None
    await session._connection.transport.connection.close()
