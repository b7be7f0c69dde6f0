"""Everything around the machine: the adapter, the model beside it, what waits, and what is on the wire.

It does with a batch what the service does, and compares whatever happens with what the model said would.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from adapter.outcome import dispatches_of, name_of
from tests.model import checks
from tests.model.clinic import AS_PLANNED, OWNERS, calendar_file, wanted
from tests.model.debts import Debts
from tests.model.model import Expected, Model
from tests.model.oslo import Clock, whole
from tests.model.rig import Died
from tests.model.templates import Envelope, Message, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapter.message import Outbound
    from tests.model.clinic import Key
    from tests.model.rig import Owed, Rig
    from tests.model.templates import Letter, Wish


class World:
    """``rig`` is an adapter; it begins with its calendars as first planned, and nothing else."""

    def __init__(self, rig: Rig) -> None:
        self.clock = Clock(datetime(2027, 3, 1, tzinfo=UTC))
        self.rig = rig
        rig.reset(self.clock)
        self._plan = dict(AS_PLANNED)
        self._closed: set[Key] = set()
        self.model = Model(self.clock.now, wanted(self._plan, ()))
        self.waiting: list[Message] = []
        self.asked: list[Message] = []
        self.committed: dict[str, tuple[Owed, Message]] = {}
        self.wire: dict[str, Outbound] = {}
        self.debts = Debts()
        self._numbers = count(1)

    # --- what is asked

    def ask(self, wish: Wish, *, at_once: bool) -> None:
        self.post(write(wish, self._new_id()), Envelope.GOOD, at_once=at_once)

    def post(self, letter: Letter, envelope: Envelope, message_id: str = "", *, at_once: bool) -> None:
        message = Message(letter, message_id or self._new_id(), envelope)
        self.asked.append(message)
        self.enqueue(message, at_once=at_once)

    def enqueue(self, message: Message, *, at_once: bool) -> None:
        self.waiting.append(message)
        if at_once:
            self.settle(self.take(len(self.waiting)))

    def _new_id(self) -> str:
        return str(UUID(int=next(self._numbers)))

    # --- what is answered

    def take(self, size: int) -> list[Message]:
        batch, self.waiting = self.waiting[:size], self.waiting[size:]
        return batch

    def settle(self, batch: list[Message], **how: Any) -> None:
        """Process, send and mark: what the service does with a batch when nothing is in its way."""
        owed = self.carry(batch, **how)
        self.publish(owed)
        self._mark([outbound.properties.message_id for outbound in owed])

    def carry(
        self, batch: list[Message], *, die_at: str = "", fail_on: Message | None = None
    ) -> list[Outbound]:
        """Have a batch processed, with what the model says must become of it; gives what is to be sent."""
        trial = deepcopy(self.model)
        retry = Expected("retry-later")
        expected = [retry if fail_on and one.is_like(fail_on) else trial.receive(one) for one in batch]
        inbound = [message.inbound(self.clock.now) for message in batch]
        try:
            outcomes = self.rig.process(
                inbound, die_at=die_at, fail_on=fail_on and (fail_on.sender, fail_on.id)
            )
        except Died:
            outcomes = []
            if die_at == "before-commit":
                return []
        else:
            assert [name_of(outcome) for outcome in outcomes] == [one.outcome for one in expected]
        self.model = trial
        self._enter(batch, expected)
        return [dispatch.outbound for outcome in outcomes for dispatch in dispatches_of(outcome)]

    def _enter(self, batch: list[Message], expected: list[Expected]) -> None:
        """What has been committed because of a batch must be what was expected, and nothing else."""
        rows = [row for row in self.rig.outbox() if row.message_id not in self.committed]
        for message, one in zip(batch, expected, strict=True):
            awaited = checks.kinds(one, message)
            if not awaited:
                continue
            mine = [row for row in rows if row.answers == (message.sender, message.id)]
            assert [row.kind for row in mine] == awaited
            for row in mine:
                checks.check_answer(row, message, one)
                self.committed[row.message_id] = row, message
                self.debts.incur(row.message_id, self.clock.now, waits=row.ttl is not None)
        assert [row for row in rows if row.message_id not in self.committed] == []

    def publish(self, messages: Iterable[Outbound]) -> None:
        for outbound in messages:
            row, message = self.committed[outbound.properties.message_id]
            checks.check_envelope(outbound, row, message)
            assert self.wire.setdefault(row.message_id, outbound) == outbound, "sent again, and not the same"

    def _mark(self, message_ids: list[str]) -> None:
        if message_ids:
            self.rig.mark(message_ids)
            self.debts.pay(message_ids)

    def resend(self, *, send: bool, mark: bool) -> None:
        """Claim what is due, which must be what the model says, and do with it as much as is said."""
        due = self.rig.claim()
        ids = [outbound.properties.message_id for outbound in due]
        assert sorted(ids) == sorted(self.debts.claim(self.clock.now))
        if send:
            self.publish(due)
        if mark:
            self._mark(ids)

    # --- time, and the clinic

    def move_to(self, moment: datetime) -> None:
        self.clock.move_to(moment)
        self.model.now = self.clock.now

    def plan(self, key: Key, choice: int | None, change: Key | None) -> None:
        """Give a slot another of its times, or none; close a calendar or open it again; and import that."""
        self._plan[key] = choice
        if change:
            self._closed ^= {change}
        self.move_to(whole(self.clock.now + timedelta(seconds=0.999999)))
        kept = self.model.bring_in(wanted(self._plan, self._closed), self._closed)
        assert self.rig.bring_in(calendar_file(self._plan, self._closed)) == kept

    # --- what must hold

    def check_outbox(self) -> None:
        """What was committed is there once and has not changed; what is owed is what has not been sent."""
        rows = self.rig.outbox()
        assert len(rows) == len(self.committed)
        for row in rows:
            first, _message = self.committed[row.message_id]
            assert row == first._replace(is_sent=row.is_sent, failure=row.failure)
        owed = {row.message_id for row in rows if not (row.is_sent or row.failure)}
        assert owed == self.debts.owed.keys()
        assert {row.message_id for row in rows if row.failure} == self.debts.given_up

    def end_well(self) -> None:
        """Let all that waits be answered and all that is owed be sent; then nobody may be left without."""
        while self.waiting:
            self.settle(self.take(4))
        self.rig.restart()
        while self.debts.owed:
            self.move_to(self.debts.last_due())
            self.resend(send=True, mark=True)
        for owner in OWNERS:
            checks.check_offer(self.rig, self.model, owner)
        self.check_outbox()
        assert {(message.sender, message.id) for message in self.asked} == self.model.messages.keys()
        assert self.wire.keys() == self.committed.keys() - (self.debts.given_up - self.wire.keys())
        answered = Counter(
            (message.letter.sender, message.letter.msg_id)
            for row, message in self.committed.values()
            if row.kind == "reply" or (row.kind == "apprec" and row.code == "2")
        )
        assert answered == dict.fromkeys(self.model.letters, 1), "each letter is answered, and once"
