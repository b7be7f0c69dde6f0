"""The settings refuse what cannot work, and never show the password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter.mailbox.broker import Broker, Tls, WrongBroker
from adapter.mailbox.connection import check
from adapter.mailbox.pauses import Pauses
from adapter.mailbox.settings import RabbitSettings
from adapter.message import Lane

URL = "amqps://clinic:hush-hush@tb.example.org/NHN"


def test_the_password_is_not_shown() -> None:
    settings = RabbitSettings(Broker(URL))
    assert "hush-hush" not in repr(settings)
    assert settings.broker.address == "tb.example.org:5671/NHN"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://u:hush-hush@host/",
        "u:hush-hush@host",
        "amqp://u:hush-hush@host:port/",
        "amqp:///",
        "amqp://u:12/hush-hush@host/",
        "amqp://u:12#hush-hush@host/",
        "amqp://u:12?hush-hush@host/",
        "amqp://[",
    ],
)
def test_a_url_that_is_none_of_a_broker_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="broker's URL") as caught:
        Broker(url)
    assert "hush-hush" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "word", ["no_verify_ssl=1", "no_verify_ssl=0", "verify=verify_none", "cafile=x", "hush-hush=1"]
)
def test_a_url_may_not_say_how_far_to_trust(word: str) -> None:
    with pytest.raises(WrongBroker, match=r"may not say|does not know") as caught:
        Broker(f"{URL}?heartbeat=5&{word}")
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["amqps", "AMQPS", "Amqps", " amqps"])
def test_tls_is_tls_however_it_is_written(scheme: str) -> None:
    """The library would make a context of its own, which knows nothing of our files."""
    broker = Broker(URL.replace("amqps", scheme))
    _, context = check(broker)
    assert context is not None
    assert (broker.encrypted, broker.address) == (True, "tb.example.org:5671/NHN")
    assert check(Broker("AMQP://guest:guest@host/"))[1] is None


FILE = Path("file")


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        ("amqp://u:p@host/", {"tls": Tls(authorities=FILE)}, "TLS settings without amqps"),
        ("amqp://u:p@host/", {"tls": Tls(server_name="x")}, "TLS settings without amqps"),
        (URL, {"password_file": FILE}, "password is in"),
        ("amqps://clinic@host/", {"user_file": FILE}, "user is in"),
        ("amqps://host/", {"password_file": FILE}, "there is no user"),
    ],
)
def test_what_does_not_go_together_is_refused(url: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongBroker, match=words) as caught:
        Broker(url, **settings)
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("tls", [{"key": FILE}, {"passphrase": FILE}])
def test_a_key_without_its_certificate_is_refused(tls: dict[str, Any]) -> None:
    with pytest.raises(WrongBroker, match=r"is not|no key"):
        Tls(**tls)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prefetch": {Lane.ASYNC: 1, Lane.SYNC: 1}},
        {"prefetch": dict.fromkeys(Lane, 0)},
        {"heartbeat": 0},
        {"confirm_timeout": 0},
        {"connect_timeout": -1},
    ],
)
def test_figures_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        RabbitSettings(Broker(URL), **wrong)


def test_pauses_grow_up_to_a_limit_and_begin_again() -> None:
    pauses = Pauses(first=1, longest=5)
    for bound in (1, 2, 4, 5, 5):
        assert bound / 2 <= pauses.next() <= bound
    pauses.reset()
    assert pauses.next() <= 1
