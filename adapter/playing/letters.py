"""What the hub puts on a queue: a message, with the properties that the message itself suggests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.dialect import OpenedLetter
from adapter.dialects.helsenorge.envelope import write_apprec
from adapter.dialects.helsenorge.functions import WAITING
from adapter.dialects.helsenorge.names import APPREC_FUNCTION, Function
from adapter.dialects.helsenorge.times import write_utc
from adapter.dialects.port import Receipt
from adapter.errors import TransportFault
from adapter.message import Inbound, Lane, Properties
from adapter.service import new_id
from adapter.xml.writing import document

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.dialects.port import Opened
    from adapter.playing.cases import Sending

_SOME_SENDER = "1000"
_FIELDS = {
    "messageId": "message_id",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "to": "to",
    "subject": "subject",
    "contentType": "content_type",
    "cpaId": "cpa_id",
    "applicationTimeStamp": "application_timestamp",
    "fromHerId": "from_her_id",
    "toHerId": "to_her_id",
}


class Letters:
    """Makes what the hub sends to the parties ``ours`` (empty: to whomever the message is for)."""

    def __init__(self, dialect: Helsenorge, ours: Collection[str], clock: Callable[[], datetime]) -> None:
        self._dialect = dialect
        self._ours = ours
        self.clock = clock

    def inbound(self, sending: Sending) -> Inbound:
        """The message as it lies on our queue: that in ``to`` among its properties, or the one it suggests.

        ``lane`` among them says on which of a party's queues.
        """
        sender, receiver, subject, lane = self._suggestions(sending.body)
        given = dict(sending.properties)
        lane = Lane(given.pop("lane", lane))
        message_id = new_id()
        properties = Properties(
            message_id=message_id,
            correlation_id=message_id,
            reply_to=f"{sender}_{'syncreply' if lane is Lane.SYNC else 'async'}",
            to=f"{receiver}_{lane}",
            subject=subject,
            content_type="application/xml",
            application_timestamp=write_utc(self.clock()),
            from_her_id=sender,
            to_her_id=receiver,
        )
        fields = {_FIELDS[name]: value for name, value in given.items() if name in _FIELDS}
        headers = {name: value for name, value in given.items() if name not in _FIELDS}
        queue = fields.get("to") or f"{receiver}_{lane}"
        properties = replace(properties, **fields, headers=headers)
        return Inbound(sending.body, properties, lane, queue, self.clock())

    def read(self, body: bytes) -> Opened | Receipt | None:
        """What a message is; ``None`` for one that nobody can read."""
        try:
            return self._dialect.open(body)
        except TransportFault:
            return None

    def receipt(self, reply: bytes) -> Inbound | None:
        """The AppRec with which the hub takes a reply, or ``None`` for what is no reply."""
        opened = self.read(reply)
        if not isinstance(opened, OpenedLetter):
            return None
        receipt_id, now = new_id(), self.clock()
        body = document(*write_apprec(opened.head, (), receipt_id=receipt_id, now=now))
        properties = Properties(
            message_id=new_id(),
            correlation_id=receipt_id,
            to=f"{opened.sender}_async",
            subject=APPREC_FUNCTION,
            content_type="application/xml",
            application_timestamp=write_utc(now),
            from_her_id=opened.receiver,
            to_her_id=opened.sender,
        )
        return Inbound(body, properties, Lane.ASYNC, f"{opened.sender}_async", now)

    def _suggestions(self, body: bytes) -> tuple[str, str, str, Lane]:
        """The sender, the receiver, the subject and the lane that a message suggests."""
        anyone = next(iter(self._ours), _SOME_SENDER)
        opened = self.read(body)
        if opened is None:
            return _SOME_SENDER, anyone, Function.RESERVATION, Lane.ASYNC
        if isinstance(opened, Receipt):
            return _SOME_SENDER, anyone, APPREC_FUNCTION, Lane.ASYNC
        receiver = opened.receiver if not self._ours or opened.receiver in self._ours else anyone
        lane = Lane.SYNC if opened.about.code in WAITING else Lane.ASYNC
        return opened.sender, receiver, opened.about.function or "", lane
