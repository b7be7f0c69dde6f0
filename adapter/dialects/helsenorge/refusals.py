"""Which code of list 7602 says that a wish is not granted: one for each reason (helsenorge.md, 2.4.3, F9).

30 when it lies in who the citizen is, 26 when it lies in what came with the wish, and otherwise the code with
which the function itself says no: 06, 09 or 34. What the citizen reads is in ``texts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.names import Code, Tema
from handlers.desk.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHO_MAY = (
    Reason.BLOCKED,
    Reason.NOT_IN_GROUP,
    Reason.TOO_YOUNG,
    Reason.TOO_OLD,
    Reason.OTHER_SEX,
    Reason.NOT_LISTED_WITH_PRACTITIONER,
    Reason.REPRESENTATIVE_REQUIRED,
    Reason.REPRESENTATIVE_REFUSED,
)
_WHAT_CAME_WITH_IT = (
    Reason.TOO_MANY_OPEN,
    Reason.CONDITIONS_NOT_ACCEPTED,
    Reason.REASON_REQUIRED,
    Reason.REASON_REFUSED,
    Reason.REASON_TOO_LONG,
    Reason.PHONE_REQUIRED,
    Reason.PHONE_REFUSED,
    Reason.ANSWER_REQUIRED,
    Reason.ANSWER_UNKNOWN,
    Reason.ANSWERS_LEAD_ELSEWHERE,
    Reason.REFERRAL_UNKNOWN,
    Reason.REFERRAL_USED,
    Reason.REFERRAL_FOR_OTHER_TIME,
    Reason.MESSAGE_REQUIRED,
    Reason.MESSAGE_REFUSED,
)

_CODES: Mapping[Reason, Code] = {
    **dict.fromkeys(_WHO_MAY, Tema.NO_ACCESS),
    **dict.fromkeys(_WHAT_CAME_WITH_IT, Tema.REJECTED),
}


def code_for(reason: Reason, otherwise: Code = Tema.REJECTED) -> Code:
    """The code for ``reason``; ``otherwise`` is the function's own no, where it has one."""
    return _CODES.get(reason, otherwise)
