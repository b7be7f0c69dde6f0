"""The road that every message takes: check the envelope, unwrap, read, understand, decide, word, wrap.

No I/O but the transaction it is handed, no clock of its own, no queue. Whatever stands in a message, an
outcome comes out; an exception means that we have failed, and that the message is to be tried again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import handlers
from adapter import addressing
from adapter.dialects.port import Receipt
from adapter.errors import ContentFault, TransportFault
from adapter.message import Lane
from adapter.outcome import About, Answered, Ignored, Noted, Parked, Refused
from adapter.wrapping import Plain

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from adapter.dialects.port import Dialect, Opened
    from adapter.ledger.ledger import Ledger
    from adapter.message import Inbound
    from adapter.outcome import Dispatch, Outcome
    from adapter.wrapping import Wrapping
    from handlers.desk.store import Desk


class Pipeline:
    """The road, for the parties with the HER-ids ``ours``, in one dialect and one wrapping (else plain)."""

    def __init__(self, dialect: Dialect, ours: Collection[str], wrapping: Wrapping | None = None) -> None:
        self._dialect = dialect
        self._ours = frozenset(ours)
        self._wrapping = wrapping or Plain()

    def look_up(self, batch: Sequence[Inbound], ledger: Ledger) -> None:
        """Let the ledger learn, in one go, what it knows of a batch that is to be processed."""
        ledger.look_up(batch)
        guesses = [(one.properties.from_her_id or "", self._dialect.guess_msg_id(one.body)) for one in batch]
        ledger.look_up_letters([(sender, guess) for sender, guess in guesses if guess])

    def process(self, inbound: Inbound, ledger: Ledger, desk: Desk) -> Outcome:
        """What becomes of a message, entered in the ledger and, where it has an effect, at the desk.

        Raises nothing because of what stands in the message; what it raises is an ``OwnFault`` or a fault
        of the database, and the transaction is then to be rolled back.
        """
        outcome = self._decide(inbound, ledger, desk)
        ledger.enter(inbound, outcome)
        return outcome

    def _decide(self, inbound: Inbound, ledger: Ledger, desk: Desk) -> Outcome:
        if inbound.properties.message_id and ledger.knows_delivery(inbound):
            return Ignored(About(inbound.properties.subject), "duplicate-message-id")
        if inbound.lane is Lane.ERROR:
            return _note_error(inbound, ledger)
        try:
            addressing.check_properties(inbound, self._ours, self._wrapping.readable)
            addressing.check_our_party(inbound, self._ours)
            opened = self._dialect.open(self._wrapping.unwrap(inbound.body, inbound.properties, desk.now))
        except TransportFault as fault:
            return self._refuse(inbound, About(inbound.properties.subject), fault, desk)
        if isinstance(opened, Receipt):
            return _note_receipt(inbound, opened, ledger)
        try:
            return self._read(inbound, opened, ledger, desk)
        except TransportFault as fault:
            return self._refuse(inbound, opened.about, fault, desk)

    def _read(self, inbound: Inbound, opened: Opened, ledger: Ledger, desk: Desk) -> Outcome:
        addressing.check_subject(inbound, opened)
        addressing.check_sender(inbound, opened)
        if ledger.knows_letter(opened.sender, opened.about.msg_id or ""):
            return Ignored(opened.about, "duplicate-msg-id")
        # Before anything is decided: what the desk has done must not stand without its answer.
        self._wrapping.check_answerable(inbound.properties, self._dialect.process_of(opened), desk.now)
        return self._answer(inbound, opened, desk)

    def _answer(self, inbound: Inbound, opened: Opened, desk: Desk) -> Outcome:
        try:
            addressing.check_receiver(inbound, opened)
            request = self._dialect.understand(opened)
        except ContentFault as fault:
            dispatches = self._dialect.reject(inbound, opened, fault.findings, desk.now)
            return Answered(opened.about, self._wrapped(dispatches, desk.now), fault.findings[0].code)
        reply = handlers.handle(request, desk)
        dispatches = self._dialect.answer(inbound, opened, reply, desk.now)
        return Answered(opened.about, self._wrapped(dispatches, desk.now))

    def _wrapped(self, dispatches: Sequence[Dispatch], now: datetime) -> tuple[Dispatch, ...]:
        return tuple([one.with_outbound(self._wrapping.wrap(one.outbound, now)) for one in dispatches])

    def _refuse(self, inbound: Inbound, about: About, fault: TransportFault, desk: Desk) -> Outcome:
        if not addressing.is_her_id(inbound.properties.from_her_id):
            return Parked(about, f"no-sender-to-tell: {fault.condition}")
        if inbound.properties.subject is None:  # lost on the way; the letter says what it was about
            inbound = replace(inbound, properties=replace(inbound.properties, subject=about.function))
        return Refused(about, self._dialect.refuse(inbound, fault, desk.now), fault.condition)


def _note_receipt(inbound: Inbound, receipt: Receipt, ledger: Ledger) -> Noted:
    sender = inbound.properties.from_her_id or ""
    known = ledger.note_receipt(sender, receipt.original_msg_id, receipt.status, receipt.errors)
    return Noted(receipt.about, None if known else "about-nothing-we-sent")


def _note_error(inbound: Inbound, ledger: Ledger) -> Noted:
    headers, sender = inbound.properties.headers, inbound.properties.from_her_id or ""
    condition = headers.get("errorCondition", "")
    known = ledger.note_error(sender, headers.get("originalMessageId", ""), condition)
    return Noted(About(inbound.properties.subject, condition), None if known else "about-nothing-we-sent")
