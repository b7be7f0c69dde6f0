"""Why the desk does not do what staff wish, or tells nobody of it: in words for them, never of a patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

from adapter.staffing import Silence
from handlers.desk.reasons import Reason

if TYPE_CHECKING:
    from handlers.desk.replies import Declined

_WORDS = {
    Reason.SLOT_UNKNOWN: "There is no such slot; 'timebok calendar slots --free' shows those that there are.",
    Reason.SLOT_MOVED: "The slot has another time than it had a moment ago; look at it again.",
    Reason.SLOT_TAKEN: "The slot is taken; 'timebok calendar slots --free' shows those that are not.",
    Reason.SLOT_PASSED: "The slot has begun already.",
    Reason.APPOINTMENT_UNKNOWN: "There is no such appointment; 'timebok appointment list' shows them.",
    Reason.APPOINTMENT_CANCELLED: "The appointment has been cancelled already.",
    Reason.APPOINTMENT_PASSED: "The appointment has begun already.",
    Reason.APPOINTMENT_NOT_BEGUN: "The appointment has not begun yet; nobody can have missed it.",
    Reason.CANNOT_MOVE_THERE: "The appointment cannot be moved to that slot.",
    Reason.REFERRAL_UNKNOWN: "The patient has no such referral.",
    Reason.REFERRAL_USED: "The referral has been used.",
    Reason.REFERRAL_FOR_OTHER_TIME: "The referral is for another type or another time.",
}


def words(declined: Declined) -> str:
    """Why, in a sentence or two."""
    reason, detail = declined.reason, declined.detail
    if reason is Reason.SLOT_UNKNOWN and detail:
        return f"Several owners have such a slot ({detail}); say whose with --owner."
    said = _WORDS.get(reason, f"The desk declines it: {reason.value.replace('-', ' ')}.")
    return f"{said} ({detail})" if detail else said


def untold(silence: Silence) -> str:
    """Why the portal is told nothing."""
    why = {
        Silence.NO_PORTAL: "TIMEBOK_PORTAL_HER_ID is not set",
        Silence.NOT_SHOWN: "appointments of this calendar are not shown online",
    }
    return f"The portal is told nothing: {why[silence]}"


def stop(message: str) -> NoReturn:
    """Say why nothing was done, and end with status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
