"""Lists of patients: only fingerprints are kept, and a list is what was last said of it."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from handlers.desk import groups
from handlers.desk.groups import Group
from handlers.desk.tables import group_member
from tests.support.clinic import OTHER_OWNER, OWNER, fill
from tests.support.people import KARI, LINE, OLA

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEY = b"k" * 32
mark = groups.fingerprint_with(KEY)
KARIS, LINES, OLAS = (mark(one.national_id) for one in (KARI, LINE, OLA))


@pytest.fixture(autouse=True)
def clinic(connection: Connection) -> None:
    fill(connection)


def members(connection: Connection, her_id: str, name: str) -> set[str]:
    c = group_member.c
    found = select(c.member).where(c.her_id == her_id, c.group_name == name)
    return set(connection.execute(found).scalars())


def test_a_fingerprint_is_a_keyed_hash() -> None:
    assert mark("13890000278") == hmac.digest(KEY, b"13890000278", hashlib.sha256).hex()
    assert mark("13890000278") != groups.fingerprint_with(b"l" * 32)("13890000278")


def test_a_short_key_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="31 bytes is too short; it takes at least 32") as caught:
        groups.fingerprint_with(b"hemmelig" * 3 + b"hemmeli")
    assert "hemmeli" not in str(caught.value)


def test_replacing_makes_the_list_what_it_is_said_to_be(connection: Connection) -> None:
    assert groups.replace(connection, OWNER, "risiko", {KARIS, LINES}) == (2, 0)
    assert groups.replace(connection, OWNER, "risiko", {LINES, OLAS}) == (1, 1)
    assert members(connection, OWNER, "risiko") == {LINES, OLAS}
    assert groups.replace(connection, OWNER, "risiko", {LINES, OLAS}) == (0, 0)
    assert groups.replace(connection, OWNER, "risiko", set()) == (0, 2)
    assert groups.groups(connection) == []


def test_lists_keep_out_of_each_others_way(connection: Connection) -> None:
    groups.replace(connection, OWNER, "risiko", {KARIS})
    groups.replace(connection, OWNER, groups.BLOCKED, {KARIS})
    groups.replace(connection, OTHER_OWNER, "risiko", {KARIS, LINES})
    groups.replace(connection, OWNER, "risiko", set())
    assert groups.groups(connection) == [Group(OWNER, "blocked", 1), Group(OTHER_OWNER, "risiko", 2)]
    assert groups.groups(connection, OWNER) == [Group(OWNER, "blocked", 1)]


def test_one_is_put_on_a_list_and_taken_off_it(connection: Connection) -> None:
    name = groups.listed_with("0123")
    assert name == groups.listed_with("123") == "listed:123"
    assert [groups.add(connection, OWNER, name, KARIS) for _ in range(2)] == [True, False]
    assert members(connection, OWNER, name) == {KARIS}
    assert [groups.remove(connection, OWNER, name, KARIS) for _ in range(2)] == [True, False]
    assert members(connection, OWNER, name) == set()


def test_a_list_may_be_as_long_as_a_city_is_large(connection: Connection) -> None:
    everyone = {mark(str(number)) for number in range(12_000)}
    assert groups.replace(connection, OWNER, "alle", everyone) == (12_000, 0)
    assert groups.replace(connection, OWNER, "alle", {KARIS}) == (1, 12_000)


@pytest.mark.parametrize("name", ["blocked", "listed:1", "a b", "a:b", "", "x" * 101, "13890000278"])
def test_a_group_cannot_have_any_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|identity number") as caught:
        groups.group_of(name)
    assert "13890000278" not in str(caught.value)


@pytest.mark.parametrize(("name", "called"), [("blocked", "blocked"), ("listed:01", "listed:1"), ("a", "a")])
def test_a_list_may_have_one_of_our_names(name: str, called: str) -> None:
    assert groups.list_of(name) == called
    with pytest.raises(ValueError, match="not an HPR number"):
        groups.list_of("listed:13890000278")
