"""What an action may be given: the strategies that the machine draws from.

What leads somewhere comes first and often; what is to be refused comes now and then.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from tests.model.clinic import CITIZENS, HPR, OTHER_HPR, OWNERS
from tests.model.templates import What
from tests.support import letters

CITIZEN = st.sampled_from(CITIZENS)
OWNER = st.sampled_from([*OWNERS])
PLACE = st.sampled_from([0, 0, 1, 1, 2, 2, 3, 4])
INDEX = st.integers(0, 9)
SIZE = st.integers(1, 6)
AT_ONCE = st.booleans()
RARELY = st.sampled_from([False, False, False, False, True])

#: What a citizen says besides the slot: a calendar, a practitioner, and whether another one will do.
Narrowed = tuple[str | None, str | None, bool]
ANY: Narrowed = (None, None, False)
NARROWED = st.sampled_from(
    [
        *[ANY] * 5,
        ("lab", None, False),
        ("korona", None, False),
        (None, HPR, False),
        (None, OTHER_HPR, False),
        (None, OTHER_HPR, True),
    ]
)

UNKNOWN = "9F3BD6A0C1E24F57"
#: What stands in uid and in related-to: the slot, the appointment, or nothing that anybody knows.
Form = tuple[str | None, str | None]
FORMS_OF_REFERENCE: tuple[Form, ...] = (
    ("slot", None),
    ("appointment", None),
    ("appointment", "slot"),
    ("slot", "appointment"),
    (None, "slot"),
    (None, "appointment"),
    (None, None),
)
FORMS = st.sampled_from(FORMS_OF_REFERENCE)
FOLLOW_UPS = st.sampled_from(
    [
        (What.BOOK, ""),
        (What.BOOK, ""),
        (What.RESERVE, ""),
        (What.CANCEL, ""),
        (What.CANCEL, letters.CANCELLATION),
        (What.CANCEL, letters.AS_SPELT_IN_SAMPLES),
    ]
)

STARTS = st.sampled_from(
    [
        datetime(2027, 3, 27, 20, tzinfo=UTC),
        datetime(2027, 3, 28, 0, 44, 30, tzinfo=UTC),
        datetime(2027, 10, 30, 20, tzinfo=UTC),
        datetime(2027, 10, 31, 0, 22, tzinfo=UTC),
    ]
)
SECONDS = st.sampled_from([0.4, 1, 9, 10, 20, 60, 119, 120, 599, 600, 601])
AROUND = st.sampled_from([0, -1, 1])
UNTIL = st.sampled_from(
    ["later", "later", "a hold lapses", "a hold lapses", "a slot begins", "the clock changes"]
)

#: Where a process dies on a message's road, and how many in a hundred of the replies are out by then.
DEATHS_ON_THE_ROAD = (
    ("before-commit", 0, "redelivered"),
    ("after-commit", 0, "redelivered"),
    ("after-publish", 50, "redelivered"),
    ("after-confirm", 100, "redelivered"),
    ("after-ack", 100, "acknowledged"),
)
DEATHS = st.sampled_from(DEATHS_ON_THE_ROAD)
