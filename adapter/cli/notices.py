"""How ``timebok messages`` shows what we sent of our own accord: what staff have done, told to the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.cli.console import add_row, new_table, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from adapter.ledger.reading import Sent

#: What the hub means by some of its codes, where the code list does not say it (helsenorge.md, D).
_MEANINGS = {"E35": "the citizen is not digitally active"}


def show_notices(found: Sequence[Sent], zone: ZoneInfo) -> None:
    """A table of them."""
    table = new_table("Made", "Message id", "Appointment", "To", "Function", "Says", "Sent", "Hub says")
    for one in found:
        add_row(
            table,
            when(one.created_at, zone),
            one.message_id,
            one.appointment_id,
            one.queue,
            one.function.removeprefix("DIALOG_INNBYGGER_"),
            one.code,
            when(one.sent_at, zone) or one.failure or "waiting",
            receipt(one),
        )
    show(table)


def notice_line(one: Sent) -> dict[str, object]:
    """One as JSON has it."""
    return sent_line(one) | {
        "msg_id": one.msg_id,
        "appointment": one.appointment_id,
        "made": one.created_at.isoformat(),
    }


def sent_line(one: Sent) -> dict[str, object]:
    """Any message of ours as JSON has it."""
    return {
        "message_id": one.message_id,
        "kind": one.kind,
        "function": one.function,
        "code": one.code,
        "queue": one.queue,
        "sent": None if one.sent_at is None else one.sent_at.isoformat(),
        "failure": one.failure,
        "receipt": one.receipt,
        "receipt_errors": one.receipt_errors,
    }


def sent_lines(one: Sent, zone: ZoneInfo) -> list[str]:
    """Any message of ours for a person: what it is and whether it has left, and what the hub said to it."""
    state = f"sent {when(one.sent_at, zone)}" if one.sent_at else f"not sent: {one.failure or 'waiting'}"
    codes = " ".join(filter(None, [one.code, one.errors]))
    lines = [f"  {one.kind:<10} {codes} to {one.queue}, {state}, id {one.message_id}"]
    if one.receipt:
        lines.append(f"  {'hub says':<10} {receipt(one)}, {when(one.receipt_at, zone)}")
    return lines


def receipt(one: Sent) -> str:
    """What the hub has said to a message of ours, if it has said anything."""
    words = {"1": "taken", "2": "rejected", "error": "error"}.get(one.receipt or "", one.receipt or "")
    meanings = [_MEANINGS[code] for code in (one.receipt_errors or "").split() if code in _MEANINGS]
    said = " ".join(filter(None, [words, one.receipt_errors]))
    return f"{said} ({'; '.join(meanings)})" if meanings else said


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment in ``zone``, for a person."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
