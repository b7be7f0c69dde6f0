"""A guided booking: which time types the answers to a calendar's questions lead to.

Every answer leaves some types; the times that fit are of those that all leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from handlers.desk.model import Calendar
    from handlers.desk.policies import Question
    from handlers.desk.requests import Answers


def may_lead_to(calendar: Calendar, type_code: str, answers: Answers) -> bool:
    """Whether some completion of ``answers`` leaves the type. Other calendars' do not count."""
    return all(
        any(
            type_code in choice.types
            for choice in question.choices
            if _is_chosen(question, choice.code, answers)
        )
        for question in calendar.policy.questions
    )


def why_not_answered(
    calendar: Calendar, type_code: str, answers: Answers, *, complete: bool
) -> Declined | None:
    """Why the type cannot be booked with ``answers``, which must be ``complete`` for a booking.

    Declines an answer to what was not asked, or with what was no choice.
    """
    questions = {question.id: question for question in calendar.policy.questions}
    for question_id, code in answers:
        question = questions.get(question_id)
        if question is None:
            return Declined(Reason.ANSWER_UNKNOWN)
        if code not in {choice.code for choice in question.choices}:
            return Declined(Reason.ANSWER_UNKNOWN, question.id)
    answered = {question_id for question_id, _code in answers}
    missing = next((one for one in questions if one not in answered), None)
    if complete and missing is not None:
        return Declined(Reason.ANSWER_REQUIRED, missing)
    if not may_lead_to(calendar, type_code, answers):
        return Declined(Reason.ANSWERS_LEAD_ELSEWHERE)
    return None


def _is_chosen(question: Question, code: str, answers: Answers) -> bool:
    """Whether the choice can still be, or is, what was answered to the question."""
    return all(code == given for question_id, given in answers if question_id == question.id)
