"""The verdict: what was sent, what came back and what the store holds, compared with each other.

In the manner of the Jepsen suite of RabbitMQ it names the sets attempted, acknowledged and answered, and is
good only if the sets lost, duplicated and unexpected are empty. It must never trust one of the books alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.reliability.wishes import Wish

if TYPE_CHECKING:
    from tests.reliability.hub import Answer, Hub
    from tests.reliability.store import Entries
    from tests.reliability.wishes import Letter

_SHOWN = 10


@dataclass
class Verdict:
    """The sets, each of one line a member; of the first four only the size matters."""

    attempted: int = 0
    acknowledged: int = 0
    answered: int = 0
    given_up: int = 0  # the sender waited, and stopped waiting before the answer could be sent
    repeated: int = 0  # the very same bytes under the same message-id, once more
    codes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.duplicated or self.unexpected)

    def __str__(self) -> str:
        codes = ", ".join(f"{count} with {code}" for code, count in sorted(self.codes.items()))
        lines = [
            f"attempted {self.attempted}, acknowledged {self.acknowledged}",
            f"answered {self.answered} ({codes}), given up {self.given_up}, repeated {self.repeated}",
        ]
        for name in ("lost", "duplicated", "unexpected"):
            members = getattr(self, name)
            lines.append(f"{name.upper()} {len(members)}")
            lines += [f"  {member}" for member in members[:_SHOWN]]
        return "\n".join(lines)


def judge(hub: Hub, store: Entries, *, left: int, parked: int) -> Verdict:
    """Compare the hub's books with the store's, in the end, when nothing is on its way any more.

    ``left`` and ``parked`` are the messages on the clinic's queues, and on the one of those laid aside.
    """
    verdict = Verdict()
    expired = {row.answers for row in store.outbox if row.failure == "expired"}
    given_up = {row.msg_id for row in store.inbox if row.message_id in expired}
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in hub.answers:
        answers[answer.about].append(answer)
    for letter in hub.letters.values():
        _judge_letter(letter, answers[letter.msg_id], hub, given_up, verdict)
    _judge_answers(hub, verdict)
    _judge_outbox(hub, store, verdict)
    _judge_inbox(hub, store, given_up, verdict)
    _judge_appointments(hub, store, verdict)
    if left:
        verdict.lost.append(f"{left} messages were left on the queues")
    if parked:
        verdict.unexpected.append(f"{parked} messages were parked")
    return verdict


def _judge_letter(
    letter: Letter, answers: list[Answer], hub: Hub, given_up: set[str], verdict: Verdict
) -> None:
    """One letter: it is answered, once, in its own kind and in the right order."""
    verdict.attempted += 1
    verdict.acknowledged += bool(letter.acknowledged)
    name = f"{letter.wish} {letter.msg_id}"
    if hub.is_answered(letter):
        verdict.answered += 1
        verdict.codes[hub.replies[letter.msg_id].code] += 1
    elif letter.waits and letter.msg_id in given_up:
        verdict.given_up += 1
    elif letter.acknowledged:
        got = [answer.kind for answer in answers] or ["nothing"]
        verdict.lost.append(f"{name}: acknowledged, and got {', '.join(got)}")
    kinds = [answer.kind for answer in answers]
    if not letter.waits and kinds and kinds[0] != "apprec":
        verdict.unexpected.append(f"{name}: the first that came was a {kinds[0]}, not the receipt")
    for kind in ("apprec", "reply"):
        these = [answer for answer in answers if answer.kind == kind]
        different = {(one.message_id, one.body) for one in these}
        verdict.repeated += len(these) - len(different)
        if len(different) > 1:
            ids = len({one.message_id for one in these})
            verdict.duplicated.append(f"{name}: {len(different)} different {kind}s under {ids} ids")


def _judge_answers(hub: Hub, verdict: Verdict) -> None:
    """Every answer is one that its letter may get."""
    verdict.unexpected += [f"unreadable: {one}" for one in hub.strange]
    for answer in hub.answers:
        letter = hub.letters.get(answer.about)
        if letter is None:
            verdict.unexpected.append(f"{answer}: about nothing that was asked")
        elif answer.kind == "error":
            verdict.unexpected.append(f"{answer}: an error message")
        elif answer.kind == "apprec" and answer.code != "1":
            verdict.unexpected.append(f"{answer}: a negative receipt")
        elif answer.kind == "reply" and answer.code not in {letter.wish.granted, letter.wish.declined}:
            verdict.unexpected.append(f"{answer}: no answer to a wish to {letter.wish}")


def _judge_outbox(hub: Hub, store: Entries, verdict: Verdict) -> None:
    """What the ledger says was sent is what came, byte for byte; what the hub receipted is noted."""
    owed = {row.message_id: row.body for row in store.outbox}
    sent = {row.message_id for row in store.outbox if row.failure is None}
    came = {answer.message_id: answer.body for answer in hub.answers}
    verdict.lost += [f"message {one}: in the outbox, never came" for one in sent - came.keys()]
    verdict.unexpected += [f"message {one}: came, not in the outbox" for one in came.keys() - owed.keys()]
    changed = [one for one in owed.keys() & came.keys() if owed[one] != came[one]]
    verdict.unexpected += [f"message {one}: other bytes than in the outbox" for one in changed]
    noted = {row.msg_id for row in store.outbox if row.receipt_status == "1"}
    verdict.lost += [f"the receipt for {one}: taken, never noted" for one in hub.receipts - noted]


def _judge_inbox(hub: Hub, store: Entries, given_up: set[str], verdict: Verdict) -> None:
    """The letters that were answered are those that the ledger has answered, each once."""
    entered = Counter(row.msg_id for row in store.inbox if row.outcome == "answered")
    answered = {letter.msg_id for letter in hub.letters.values() if hub.is_answered(letter)}
    verdict.duplicated += [
        f"letter {one}: entered {count} times" for one, count in entered.items() if count > 1
    ]
    verdict.unexpected += [f"letter {one}: answered, not entered" for one in answered - entered.keys()]
    verdict.lost += [f"letter {one}: entered, not answered" for one in entered.keys() - answered - given_up]


def _judge_appointments(hub: Hub, store: Entries, verdict: Verdict) -> None:
    """Exactly what was confirmed is booked, and no time is given to two."""
    have, refused = _what_citizens_were_told(hub)
    entered = defaultdict(list)
    for row in store.appointments:
        entered[row.national_id].append(row)
    for citizen, rows in entered.items():
        if len(rows) > 1:
            verdict.duplicated.append(f"citizen {_of(citizen)}: {len(rows)} appointments for one request")
        if citizen not in have:
            verdict.unexpected.append(f"citizen {_of(citizen)}: {rows[0].state}, and never told so")
    for citizen, (uid, slot, state) in have.items():
        known = {(row.id, row.slot_id, row.state) for row in entered[citizen]}
        if (uid, slot, state) not in known:
            told = [row.state for row in entered[citizen]] or ["nothing"]
            verdict.unexpected.append(f"citizen {_of(citizen)}: told {state}, the store says {told}")
    standing = Counter(slot for _uid, slot, state in have.values() if state != "cancelled")
    verdict.unexpected += [f"slot {slot}: given to {count}" for slot, count in standing.items() if count > 1]
    ever_taken = {slot for _uid, slot, _state in have.values()}
    verdict.unexpected += [f"slot {slot}: refused, and nobody ever had it" for slot in refused - ever_taken]


def _what_citizens_were_told(hub: Hub) -> tuple[dict[str, tuple[str, str, str]], set[str]]:
    """By citizen the appointment they were told of: its id, slot and state. And the slots refused."""
    told: dict[str, tuple[str, str, str]] = {}
    refused = set()
    for letter in hub.letters.values():  # a citizen asks for one thing after the other
        reply = hub.replies.get(letter.msg_id)
        if reply is None or letter.wish is Wish.LOOK:
            continue
        if reply.code == "06":
            refused.add(letter.slot)
        elif reply.code == "08":
            uid, slot, _state = told[letter.citizen]
            told[letter.citizen] = uid, slot, "cancelled"
        elif reply.code == "05":
            told[letter.citizen] = reply.uid, letter.slot, "held" if letter.wish is Wish.RESERVE else "booked"
    return told, refused


def _of(citizen: str) -> str:
    return f"…{citizen[-5:]}"
