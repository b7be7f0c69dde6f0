"""The settings refuse what cannot work, and never show the password."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.mailbox.pauses import Pauses
from adapter.mailbox.settings import RabbitSettings
from adapter.message import Lane

URL = "amqps://clinic:hush-hush@tb.example.org/NHN"


def test_the_password_is_not_shown() -> None:
    settings = RabbitSettings(URL)
    assert "hush-hush" not in repr(settings)
    assert settings.address == "tb.example.org:5671/NHN"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://u:hush-hush@host/",
        "u:hush-hush@host",
        "amqp://u:hush-hush@host:port/",
        "amqp:///",
        "amqp://[",
    ],
)
def test_a_url_that_is_none_of_a_broker_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="broker's URL") as caught:
        RabbitSettings(url)
    assert "hush-hush" not in str(caught.value)
    assert caught.value.__context__ is None


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
        RabbitSettings(URL, **wrong)


def test_pauses_grow_up_to_a_limit_and_begin_again() -> None:
    pauses = Pauses(first=1, longest=5)
    for bound in (1, 2, 4, 5, 5):
        assert bound / 2 <= pauses.next() <= bound
    pauses.reset()
    assert pauses.next() <= 1
