"""The dialect as the pipeline sees it: opening letters, understanding requests, wording answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from adapter.addressing import is_her_id
from adapter.dialects.helsenorge.checks import note_head, note_unknown_wish
from adapter.dialects.helsenorge.envelope import OK, REJECTED, where_and_what, write_apprec, write_reply
from adapter.dialects.helsenorge.functions import CODECS, WAITING
from adapter.dialects.helsenorge.functions.codec import Answer
from adapter.dialects.helsenorge.leaving import Forms
from adapter.dialects.helsenorge.letter import (
    MSG_INFO,
    AppRec,
    Head,
    Letter,
    open_letter,
    read_head,
)
from adapter.dialects.helsenorge.names import APPREC_FUNCTION, OUR_OWN, Function, Tema, process_of
from adapter.dialects.helsenorge.notes import Notes
from adapter.dialects.helsenorge.texts import BOKMAL
from adapter.dialects.helsenorge.times import is_moment, write_utc
from adapter.dialects.port import Opened, Receipt
from adapter.errors import (
    ContentFault,
    Finding,
    NotWellFormed,
    TransportFault,
    Unsupported,
)
from adapter.message import Inbound, Lane, Outbound, Properties
from adapter.outcome import About, Dispatch, Kind
from adapter.xml.parsing import parse, salvage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from adapter.xml.parsing import Limits
    from adapter.xml.schema import Schema
    from handlers.desk.replies import Reply
    from handlers.desk.requests import Request

_OURS = frozenset(Function)
_WAIT = timedelta(seconds=15)
_LONGEST_ECHO = 255  # bytes, which is what AMQP gives a property
_XML = "application/xml"
_BEGINNING = 4_096  # bytes
_MSG_ID = re.compile(rb"MsgId>\s*([0-9A-Za-z.:{}_-]{1,255})\s*<")
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class OpenedLetter(Opened):
    """A letter opened. ``letter`` is ``None`` when only its head came whole; ``torn`` says what happened."""

    head: Head
    letter: Letter | None = field(repr=False)
    torn: Finding | None = None


class Helsenorge:
    """Reads and writes the messages of Helsenorge.

    ``zone`` is where the clock on the wire hangs; ``new_id`` makes message ids (UUIDs). With
    ``check_replies`` no message leaves in a form that its receiver's schemas would refuse.
    """

    def __init__(
        self,
        schema: Schema,
        zone: ZoneInfo,
        limits: Limits,
        new_id: Callable[[], str],
        *,
        check_replies: bool,
    ) -> None:
        self._schema = schema
        self._zone = zone
        self._limits = limits
        self._new_id = new_id
        self._forms = Forms(schema, check=check_replies)

    # --- reading

    def open(self, body: bytes) -> OpenedLetter | Receipt:
        """See ``Dialect.open``. XML that breaks after a whole head is opened as a torn letter."""
        try:
            root = parse(body, self._limits)
        except NotWellFormed as fault:
            return self._open_torn(body, fault)
        letter = open_letter(root, body)
        if isinstance(letter, AppRec):
            if not self._schema.allows(root):
                raise NotWellFormed("The AppRec does not validate")
            about = About(APPREC_FUNCTION, letter.status, letter.id)
            return Receipt(about, letter.original_msg_id, letter.status, letter.errors)
        about = _about(letter.head, letter.asked or letter.told)
        head = letter.head
        return OpenedLetter(about, head.sender.her_id, head.receiver.her_id, head, letter)

    def guess_msg_id(self, body: bytes) -> str | None:
        """See ``Dialect.guess_msg_id``: it stands among the first elements. What is sealed shows none."""
        found = _MSG_ID.search(body, 0, _BEGINNING)
        return None if found is None else found[1].decode()

    def process_of(self, opened: Opened) -> str | None:
        """See ``Dialect.process_of``. A national profile cannot list what is ours (H1, H3)."""
        function = opened.about.function or ""
        return None if function in OUR_OWN else process_of(function)

    def understand(self, opened: Opened) -> Request:
        """See ``Dialect.understand``."""
        assert isinstance(opened, OpenedLetter)  # noqa: S101 - it is what ``open`` gave
        head, letter = opened.head, opened.letter
        if head.function not in _OURS:
            raise Unsupported("We take no part in the process of this message function")
        if letter is None:
            raise ContentFault(*filter(None, [opened.torn]))
        self._schema.check(letter.root, letter.body)
        return self._decode(letter)

    def _decode(self, letter: Letter) -> Request:
        notes = Notes(letter)
        note_head(letter, notes)
        codec = CODECS.get((letter.head.function, letter.asked or ""))
        if codec is None:
            note_unknown_wish(letter, notes)
            raise ContentFault(*notes.findings)
        request = codec.decode(letter, notes, self._zone)
        notes.raise_if_any()
        return request

    def _open_torn(self, body: bytes, fault: NotWellFormed) -> OpenedLetter:
        info = salvage(body, MSG_INFO, self._limits)
        if info is None:
            raise fault
        head = read_head(info, len(body))
        torn = Finding("T01", fault.description, "meldingen er ikke gyldig XML", "", fault.line, fault.column)
        return OpenedLetter(
            _about(head, None), head.sender.her_id, head.receiver.her_id, head, letter=None, torn=torn
        )

    # --- wording

    def answer(self, inbound: Inbound, opened: Opened, reply: Reply, now: datetime) -> tuple[Dispatch, ...]:
        """See ``Dialect.answer``. A request whose sender does not wait is receipted first (A4, A5)."""
        assert isinstance(opened, OpenedLetter)  # noqa: S101 - it is what ``open`` gave
        assert opened.letter is not None  # noqa: S101 - it has been understood
        codec = CODECS[opened.head.function, opened.letter.asked or ""]
        answer = codec.encode(reply, opened.letter, self._zone)
        waits = _waits(inbound, opened)
        replied = self._reply(inbound, opened, answer, now, waits=waits)
        return (replied,) if waits else (self._apprec(inbound, opened, (), now), replied)

    def reject(
        self, inbound: Inbound, opened: Opened, findings: Sequence[Finding], now: datetime
    ) -> tuple[Dispatch, ...]:
        """See ``Dialect.reject``: a negative AppRec, or code 26 to a sender who waits (A4, A5)."""
        assert isinstance(opened, OpenedLetter)  # noqa: S101 - it is what ``open`` gave
        if not _waits(inbound, opened):
            return (self._apprec(inbound, opened, findings, now),)
        remark = "; ".join(where_and_what(finding) for finding in findings)
        answer = Answer(Tema.REJECTED, "Forespørsel avvist", text=BOKMAL.invalid_request, remark=remark)
        return (self._reply(inbound, opened, answer, now, waits=True),)

    def refuse(self, inbound: Inbound, fault: TransportFault, now: datetime) -> tuple[Dispatch, ...]:
        """See ``Dialect.refuse``: an empty body, and the properties of A6."""
        theirs = inbound.properties
        headers = {
            "originalMessageId": _echo(theirs.message_id) or "",
            "receiverTimeStamp": write_utc(inbound.received_at),
            "errorCondition": fault.condition,
            "errorDescription": fault.description,
        }
        if fault.data:
            headers["errorConditionData"] = ";".join(fault.data)
        queue = f"{theirs.from_her_id}_error"
        properties = self._properties(
            inbound, queue, now, _echo(theirs.subject), answerable=False, content_type=None, headers=headers
        )
        outbound = Outbound(b"", properties, queue)
        return (Dispatch(Kind.ERROR, outbound, properties.subject or "", fault.condition),)

    def _reply(
        self, inbound: Inbound, opened: OpenedLetter, answer: Answer, now: datetime, *, waits: bool
    ) -> Dispatch:
        msg_id = self._new_id()
        pieces = write_reply(opened.head, answer, msg_id=msg_id, now=now, waits=waits)
        queue = _reply_queue(inbound)
        properties = self._properties(inbound, queue, now, opened.head.function, answerable=not waits)
        outbound = Outbound(self._forms.checked(*pieces), properties, queue, ttl=_WAIT if waits else None)
        return Dispatch(Kind.REPLY, outbound, opened.head.function, answer.tema.value, msg_id)

    def _apprec(
        self, inbound: Inbound, opened: OpenedLetter, findings: Sequence[Finding], now: datetime
    ) -> Dispatch:
        receipt_id, head = self._new_id(), opened.head
        if not is_moment(head.generated):
            head = replace(head, generated=write_utc(inbound.received_at))
        receipt = write_apprec(head, findings, receipt_id=receipt_id, now=now)
        queue = _reply_queue(inbound)
        properties = self._properties(inbound, queue, now, APPREC_FUNCTION)
        return Dispatch(
            kind=Kind.APPREC,
            outbound=Outbound(self._forms.checked(*receipt), properties, queue),
            function=APPREC_FUNCTION,
            code=REJECTED if findings else OK,
            msg_id=receipt_id,
            errors=tuple(finding.code for finding in findings),
        )

    def _properties(
        self,
        inbound: Inbound,
        queue: str,
        now: datetime,
        subject: str | None,
        *,
        answerable: bool = True,
        content_type: str | None = _XML,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Properties:
        """The envelope of a message of ours to the sender of ``inbound`` (A2)."""
        theirs = inbound.properties
        our_her_id = theirs.to_her_id if is_her_id(theirs.to_her_id) else inbound.party
        return Properties(
            message_id=self._new_id(),
            correlation_id=_echo(theirs.correlation_id) or _echo(theirs.message_id),
            reply_to=f"{our_her_id}_async" if answerable else None,
            to=queue,
            subject=subject,
            content_type=content_type,
            cpa_id=_echo(theirs.cpa_id),
            application_timestamp=write_utc(now),
            from_her_id=our_her_id,
            to_her_id=theirs.from_her_id,
            headers=headers,
        )


def _about(head: Head, code: str | None) -> About:
    return About(head.function, code, head.msg_id, head.conversation)


def _waits(inbound: Inbound, opened: OpenedLetter) -> bool:
    """Whether the sender waits for the answer: it is the question that says so, or else the queue."""
    asked = opened.letter.asked if opened.letter else None
    return asked in WAITING if asked else inbound.lane is Lane.SYNC


def _reply_queue(inbound: Inbound) -> str:
    return inbound.properties.reply_to or f"{inbound.properties.from_her_id}_async"


def _echo(text: str | None) -> str | None:
    """What a peer wrote, if a property of ours can hold it; else nothing, since our message must leave."""
    try:
        return text if text is None or len(text.encode()) <= _LONGEST_ECHO else None
    except UnicodeEncodeError:  # half of a character
        return None
