"""P2: one effect and one answer for a message, however often it comes, to however many services at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.reliability.conftest import SetStage
    from tests.reliability.wishes import Letter

pytestmark = pytest.mark.timeout(300)  # deadlines of our own say more of what is missing

CITIZENS, COPIES = 20, 10


@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)
async def test_what_comes_many_times_to_two_services_has_one_effect_and_one_answer(
    set_stage: SetStage,
) -> None:
    """Half of the citizens' messages come again as they are, half of the letters in other messages."""
    stage = await set_stage(10)
    letters: list[Letter] = stage.crowd.everyone(CITIZENS)
    for _ in range(COPIES):
        for number, letter in enumerate(letters):
            same_message = letter.sent[0] if letter.sent and number % 2 else ""
            await stage.hub.send(letter, same_message)
    stage.services.start(batch="5", prefetch="10")
    stage.services.start(batch="5", prefetch="10")
    verdict = await stage.verdict()
    assert verdict.codes == {"05": 10, "06": CITIZENS - 10}
