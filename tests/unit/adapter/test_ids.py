"""Our ids are random UUIDs, as anybody who reads one expects."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from uuid import RFC_4122, UUID

from adapter.service import new_id


def test_an_id_is_a_random_uuid_in_its_usual_writing() -> None:
    ids = [new_id() for _ in range(1000)]
    read = [UUID(one) for one in ids]
    assert [str(one) for one in read] == ids
    assert {(one.version, one.variant) for one in read} == {(4, RFC_4122)}


def test_every_bit_of_an_id_is_random_but_those_that_say_what_it_is() -> None:
    numbers = [UUID(new_id()).int for _ in range(1000)]
    always, ever = reduce(and_, numbers), reduce(or_, numbers)
    version_and_variant = 4 + 2
    assert (always ^ ever).bit_count() == 128 - version_and_variant
