"""One module for each thing that can be asked: how the question is read, and how its answers are worded.

``CODECS`` is the register: message function and TypeForesp say which module. A new request is a module
here, a handler, a line in each register and a folder of fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions import (
    book,
    cancel,
    change,
    planned_appointments,
    practitioner_overview,
    reserve,
    resource_overview,
    slot_query,
)
from adapter.dialects.helsenorge.names import Asked, Function

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapter.dialects.helsenorge.functions.codec import Codec

CODECS: Mapping[tuple[str, str], Codec] = {
    (Function.RESOURCE_OVERVIEW, Asked.RESOURCES): resource_overview.CODEC,
    (Function.PRACTITIONER_OVERVIEW, Asked.PRACTITIONERS): practitioner_overview.CODEC,
    (Function.RESERVATION, Asked.FREE_SLOTS): slot_query.CODEC,
    (Function.RESERVATION, Asked.BOOKED_APPOINTMENTS): planned_appointments.CODEC,
    (Function.RESERVATION, Asked.RESERVE): reserve.CODEC,
    (Function.BOOKING, Asked.RESERVE): book.CODEC,
    (Function.RESERVATION, Asked.CHANGE): change.CODEC,
    (Function.RESERVATION, Asked.CANCEL): cancel.CODEC,
    (Function.CANCELLATION, Asked.CANCEL): cancel.CODEC,
    (Function.CANCELLATION_AS_SPELT_IN_SAMPLES, Asked.CANCEL): cancel.CODEC,
}

#: What the sender waits for: answered at once on their reply queue, and never with an AppRec (A5).
WAITING = frozenset(
    {Asked.RESOURCES, Asked.FREE_SLOTS, Asked.BOOKED_APPOINTMENTS, Asked.PRACTITIONERS},
)
