"""A list of patients is read line by line, and what is wrong is told without showing it."""

from __future__ import annotations

import pytest

from handlers.desk.group_file import GroupFileError, numbers_of
from tests.support.people import KARI, LINE


def test_a_number_a_line_and_remarks() -> None:
    text = f"\ufeff# de eldste\n\n  {LINE.national_id}  # flyttet\r\n{KARI.national_id}\n{LINE.national_id}\n"
    assert numbers_of(text, "a.txt") == {LINE.national_id, KARI.national_id}
    assert numbers_of("# none\n", "a.txt") == set()


def test_every_wrong_line_is_told_and_no_number_shown() -> None:
    wrong = LINE.national_id[:-1] + str((int(LINE.national_id[-1]) + 1) % 10)
    text = (
        f"{KARI.national_id}\n{wrong}\n{KARI.national_id} {LINE.national_id}\nKari\n{wrong[:6]} {wrong[6:]}\n"
    )
    with pytest.raises(GroupFileError) as caught:
        numbers_of(text, "a.txt")
    assert caught.value.lines == (2, 3, 4, 5)
    assert str(caught.value).splitlines()[0].startswith("a.txt:2: is no national identity number; write its")
    assert not any(secret in str(caught.value) for secret in (wrong, wrong[:6], LINE.national_id, "Kari"))


def test_of_very_many_wrong_lines_the_first_are_told() -> None:
    with pytest.raises(GroupFileError, match=r"a\.txt: and 80 lines more"):
        numbers_of("x\n" * 100, "a.txt")
