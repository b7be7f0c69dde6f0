"""The service says in good time, and again each day, which certificates run out; and no more than which."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapter.errors import KeysUnavailable
from adapter.seal.sealed import Sealed
from tests.support.certificates import AFTER, read, sealed
from tests.support.clinic import NOW, OTHER_OWNER, OWNER
from tests.support.envelopes import HUB
from tools.certificates import ENCRYPT, SIGN

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from datetime import datetime

    from adapter.seal import Seal
    from tests.support.certificates import Post
    from tools.certificates import Issued

DAY = timedelta(days=1)
SOON = {"end": NOW + 29 * DAY}


def warned(wrapping: Sealed, now: datetime = NOW) -> list[MutableMapping[str, Any]]:
    with capture_logs() as logs:
        wrapping.refresh(now)
    return [entry for entry in logs if entry["event"].startswith("a certificate of ")]


def only(event: str, her_id: str, issued: Issued) -> dict[str, str]:
    one = read(issued)
    return {
        "event": event,
        "log_level": "warning",
        "her_id": her_id,
        "thumbprint": one.thumbprint,
        "serial": one.serial,
    }


def test_nothing_is_said_in_good_times(post: Post) -> None:
    assert warned(Sealed(post.open_seal(), [OWNER])) == []


@pytest.mark.parametrize(("room", "use"), [("sign", SIGN), ("encrypt", ENCRYPT)])
def test_ours_is_told_for_each_party_that_has_it(post: Post, room: str, use: str) -> None:
    one = post.issue("old", use, **SOON)
    post.put(f"keys/{room}.pem", one.pem())
    said = warned(Sealed(post.open_seal(), [OWNER, OTHER_OWNER]))
    event = "a certificate of ours expires within 30 days"
    assert said == [only(event, her_id, one) for her_id in (OWNER, OTHER_OWNER)]


def test_a_counterpartys_is_told_and_one_that_has_expired(post: Post) -> None:
    soon, gone = post.issue("soon", SIGN, **SOON), post.issue("gone", ENCRYPT, end=NOW - DAY)
    post.register(soon, gone)
    assert warned(Sealed(post.open_seal(), [OWNER])) == [
        only("a certificate of a counterparty expires within 30 days", HUB, soon),
        only("a certificate of a counterparty has expired", HUB, gone),
    ]


def test_one_that_has_a_successor_beside_it_is_not_told(post: Post) -> None:
    post.put("keys/old.pem", post.issue("old", SIGN, **SOON).pem())
    post.register(post.their_sign, post.their_encrypt, post.issue("soon", ENCRYPT, **SOON))
    assert warned(Sealed(post.open_seal(), [OWNER])) == []


def test_where_any_of_an_organisation_may_sign_none_has_to_last(post: Post) -> None:
    post.register(post.issue("soon", SIGN, **SOON), post.their_encrypt, organisation="983658776")
    assert warned(Sealed(post.open_seal(), [OWNER])) == []


def test_it_is_told_at_the_start_and_then_once_a_day(post: Post) -> None:
    post.put("keys/sign.pem", post.issue("old", SIGN, **SOON).pem())
    wrapping = Sealed(post.open_seal(), [OWNER])
    told = [len(warned(wrapping, NOW + timedelta(hours=hours))) for hours in (0, 1, 23.9, 24, 25, 48)]
    assert told == [1, 0, 0, 1, 0, 1]


def test_thirty_days_before_and_not_earlier(post: Post) -> None:
    at = AFTER - 30 * DAY
    seal = post.open_seal()
    assert warned(Sealed(seal, [OWNER]), at - DAY) == []
    assert len(warned(Sealed(seal, [OWNER]), at + timedelta(seconds=1))) == 4


def test_when_none_of_ours_may_sign_the_line_says_which_has_expired(post: Post, seal: Seal) -> None:
    post.revoke(lasts=900 * DAY)
    with capture_logs() as logs, pytest.raises(KeysUnavailable):
        sealed(seal, now=AFTER + DAY)
    (entry,) = logs
    mine = read(post.our_sign)
    assert entry == {
        "event": "seal not judged yet",
        "log_level": "warning",
        "reason": "KeysUnavailable",
        "her_id": OWNER,
        "thumbprint": mine.thumbprint,
        "serial": mine.serial,
    }
