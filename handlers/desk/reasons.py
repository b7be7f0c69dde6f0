"""Why the desk declines a wish: every reason it can have, by itself.

A reason is for us; each dialect words it in its own codes and in a sentence for the citizen. The vocabulary
is that of 1177 (supportprocess:logistics:scheduling 2.0, its result codes), refined where it says less than
the clinic knows.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why not."""

    # the time
    SLOT_UNKNOWN = "slot-unknown"
    SLOT_MOVED = "slot-moved"
    SLOT_TAKEN = "slot-taken"
    SLOT_PASSED = "slot-passed"
    SLOT_NOT_YET_AVAILABLE = "slot-not-yet-available"
    SLOT_BY_PHONE_ONLY = "slot-by-phone-only"
    OTHER_PRACTITIONER = "other-practitioner"
    TYPE_HIDDEN = "type-hidden"
    TOO_EARLY_TO_BOOK = "too-early-to-book"
    TOO_LATE_TO_BOOK = "too-late-to-book"

    # the citizen
    BLOCKED = "blocked"
    NOT_IN_GROUP = "not-in-group"
    TOO_YOUNG = "too-young"
    TOO_OLD = "too-old"
    OTHER_SEX = "other-sex"
    NOT_LISTED_WITH_PRACTITIONER = "not-listed-with-practitioner"
    REPRESENTATIVE_REQUIRED = "representative-required"
    REPRESENTATIVE_REFUSED = "representative-refused"
    NOT_ONLINE = "not-online"
    ALREADY_OCCUPIED = "already-occupied"
    TOO_MANY_OPEN = "too-many-open"

    # what came with the wish
    CONDITIONS_NOT_ACCEPTED = "conditions-not-accepted"
    REASON_REQUIRED = "reason-required"
    REASON_REFUSED = "reason-refused"
    REASON_TOO_LONG = "reason-too-long"
    PHONE_REQUIRED = "phone-required"
    PHONE_REFUSED = "phone-refused"
    ANSWER_REQUIRED = "answer-required"
    ANSWER_UNKNOWN = "answer-unknown"
    ANSWERS_LEAD_ELSEWHERE = "answers-lead-elsewhere"
    REFERRAL_UNKNOWN = "referral-unknown"
    REFERRAL_USED = "referral-used"
    REFERRAL_FOR_OTHER_TIME = "referral-for-other-time"

    # the appointment
    APPOINTMENT_UNKNOWN = "appointment-unknown"
    APPOINTMENT_CANCELLED = "appointment-already-cancelled"
    APPOINTMENT_NOT_BEGUN = "appointment-not-begun"
    APPOINTMENT_PASSED = "appointment-passed"
    APPOINTMENT_NOT_ONLINE = "appointment-not-online"
    CANCEL_NOT_ALLOWED = "cancel-not-allowed"
    TOO_LATE_TO_CANCEL = "too-late-to-cancel"
    CHANGE_NOT_ALLOWED = "change-not-allowed"
    TOO_LATE_TO_CHANGE = "too-late-to-change"
    CHANGED_TOO_OFTEN = "changed-too-often"
    CANNOT_MOVE_THERE = "cannot-move-there"
    MESSAGE_REQUIRED = "message-required"
    MESSAGE_REFUSED = "message-refused"
