"""The national hub, as far as the clinic's queues can tell: it sends, it receives, and it keeps books.

Its books are what the checker goes by: every message that it tried to send, whether the broker has taken it,
and every message that came back, each time that it came. It reads what comes back with eyes of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity
from lxml import etree

from adapter.dialects.helsenorge.names import APPREC_FUNCTION
from adapter.mailbox.settings import QueueType
from adapter.mailbox.topology import Topology
from tests.reliability.waiting import eventually
from tests.support import letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

    from tests.reliability.wishes import Letter

_AT_ONCE = 200
_SOME_MOMENT = "2027-03-01T08:00:00+01:00"
_MAILBOXES = ("async", "syncreply", "error")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, once. ``about`` is the MsgId of the letter it answers, ``msg_id`` its own.

    ``code`` is the status of an AppRec, the TemaKodet of a reply, the TypeForesp of a notice, the condition
    of an error message; ``uid`` is the appointment that a reply or a notice speaks of.
    """

    kind: str
    message_id: str
    about: str
    code: str
    msg_id: str = ""
    uid: str = ""
    body: bytes = field(default=b"", repr=False)


class Hub:
    """The hub with the HER-id ``hub``, towards the clinic with the HER-id ``clinic``.

    With ``takes_replies`` it answers each reply with an AppRec, as the real one does; what comes unasked it
    always receipts, with ``status_of_notices`` and ``errors_of_notices``.
    """

    status_of_notices, errors_of_notices = "1", ""

    def __init__(self, url: str, hub: str, clinic: str, *, takes_replies: bool = True) -> None:
        self.takes_replies = takes_replies
        self.letters: dict[str, Letter] = {}
        self.answers: list[Answer] = []
        self.replies: dict[str, Answer] = {}  # by the MsgId of the letter: the first that came
        self.receipts: set[str] = set()  # the replies whose AppRec the broker has taken
        self.strange: list[str] = []
        self._answered: set[str] = set()
        self._ends: set[str] = set()
        self._seen: set[str] = set()
        self._url, self._her_id, self._clinic = url, hub, clinic
        self._connection: AbstractConnection
        self._in_flight = asyncio.Semaphore(_AT_ONCE)

    async def open(self) -> None:
        """Connect, see to all queues, and take in what comes from now on."""
        self._connection = await aio_pika.connect(self._url)
        await Topology(QueueType.AUTO, declare=True).ensure_party(self._connection, self._clinic)
        self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        consuming = await self._connection.channel()
        for name in _MAILBOXES:
            queue = await consuming.declare_queue(f"{self._her_id}_{name}", durable=True)
            await queue.consume(self._on_message, no_ack=True)

    async def close(self) -> None:
        """Take away all queues, also those that messages wait on for another try."""
        ours = [f"{self._her_id}_{name}" for name in _MAILBOXES]
        theirs = [f"{self._clinic}_{name}" for name in ("async", "sync", "error", "dl")]
        waiting = [f"{queue}_wait_{pause}s" for queue in theirs for pause in (1, 2, 4, 8)]
        async with self._connection, self._connection.channel() as channel:
            for queue in (*ours, *theirs, *waiting):
                await channel.queue_delete(queue)

    # --- what is around a letter: nothing, unless a hub that seals says otherwise

    def wrapped(self, letter: bytes) -> tuple[bytes, str]:
        """The body of a message with this letter, and its content type."""
        return letter, "application/xml"

    def unwrapped(self, message: AbstractIncomingMessage) -> bytes:
        """The letter in a message that came."""
        return message.body

    # --- sending

    async def send(self, letter: Letter, message_id: str = "") -> None:
        """Send a letter, again if it was sent before; in another AMQP message unless the id says which."""
        message_id = message_id or str(uuid4())
        self.letters[letter.msg_id] = letter
        letter.sent.append(message_id)
        reply_to = f"{self._her_id}_{'syncreply' if letter.waits else 'async'}"
        queue = f"{self._clinic}_{letter.lane}"
        await self._publish(queue, letter.body, message_id, letter.function, reply_to)
        letter.acknowledged.add(message_id)

    async def send_all(self, some: Sequence[Letter]) -> None:
        """Send letters, many at once."""
        await asyncio.gather(*map(self.send, some))

    async def read_all(self) -> None:
        """Take in everything that lies on our queues: what we put behind it now comes last."""
        for name in _MAILBOXES:
            end = f"end-{uuid4()}"
            await self._publish(f"{self._her_id}_{name}", b"", end, "END")
            await eventually(lambda end=end: end in self._ends, "the hub reads its queues")

    async def parked(self) -> int:
        """How many messages lie on the clinic's dead-letter queue."""
        return await self._waiting_on(f"{self._clinic}_dl")

    async def waiting(self) -> int:
        """How many messages lie on the clinic's queues and are in nobody's hands."""
        return sum([await self._waiting_on(f"{self._clinic}_{lane}") for lane in ("async", "sync", "error")])

    async def _waiting_on(self, queue: str) -> int:
        try:
            async with self._connection.channel() as channel:
                found = await channel.declare_queue(queue, passive=True)
        except ChannelNotFoundEntity:
            return 0
        return found.declaration_result.message_count or 0

    async def _publish(
        self, queue: str, body: bytes, message_id: str, function: str, reply_to: str | None = None
    ) -> None:
        headers = {"to": queue, "applicationTimeStamp": _SOME_MOMENT}
        body, content_type = self.wrapped(body)
        message = aio_pika.Message(
            body,
            headers={**headers, "fromHerId": self._her_id, "toHerId": self._clinic},
            content_type=content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message_id,
            correlation_id=message_id,
            reply_to=reply_to,
            type=function,
        )
        async with self._in_flight:
            await self._channel.default_exchange.publish(message, queue, mandatory=True)

    # --- receiving

    def is_answered(self, letter: Letter) -> bool:
        """Whether all has come that is to come: a receipt and a reply; only a reply where the hub waits."""
        return letter.msg_id in self._answered

    def unanswered(self) -> list[Letter]:
        """The letters that the broker has taken, and that are not answered."""
        return [one for one in self.letters.values() if one.acknowledged and not self.is_answered(one)]

    async def _on_message(self, message: AbstractIncomingMessage) -> None:
        if message.type == "END":
            self._ends.add(message.message_id or "")
            return
        try:
            answer = _read(message, self.unwrapped(message))
        except (etree.XMLSyntaxError, AttributeError, TypeError) as error:
            self.strange.append(f"{message.routing_key}: {error!r}")
            return
        self.answers.append(answer)
        if answer.kind == "notice":
            await self._receipt(answer, self.status_of_notices, self.errors_of_notices)
            return
        self._seen.add(f"{answer.kind} {answer.about}")
        letter = self.letters.get(answer.about)
        receipted = letter is not None and (letter.waits or f"apprec {answer.about}" in self._seen)
        if receipted and f"reply {answer.about}" in self._seen:
            self._answered.add(answer.about)
        if answer.kind == "reply" and answer.about not in self.replies:
            self.replies[answer.about] = answer
            if self.takes_replies:
                await self._receipt(answer)

    def notices(self) -> list[tuple[str, str]]:
        """What came unasked, in the order in which it came: the appointment and the code."""
        return [(one.uid, one.code) for one in self.answers if one.kind == "notice"]

    async def _receipt(self, reply: Answer, status: str = "1", errors: str = "") -> None:
        """Take a reply, as the hub does, with an AppRec."""
        text = letters.apprec(reply.msg_id, status, errors).decode()
        body = text.replace(f"<Id>{letters.HUB}<", f"<Id>{self._her_id}<")
        body = body.replace(f"<Id>{letters.OWNER}<", f"<Id>{self._clinic}<")
        await self._publish(f"{self._clinic}_async", body.encode(), str(uuid4()), APPREC_FUNCTION)
        self.receipts.add(reply.msg_id)


def _read(message: AbstractIncomingMessage, body: bytes) -> Answer:
    message_id = message.message_id or ""
    if condition := message.headers.get("errorCondition"):
        return Answer("error", message_id, str(message.headers["originalMessageId"]), str(condition))
    root = etree.fromstring(body)
    if etree.QName(root).localname == "AppRec":
        about, status = _text(root, "OriginalMsgId/{*}Id"), root.find("{*}Status").get("V")
        return Answer("apprec", message_id, about, status, _text(root, "Id"), body=message.body)
    unasked = root.find(".//{*}TypeForesp")
    uids = [one.text or "" for one in root.iterfind(".//{*}uid/{*}text")]
    return Answer(
        "reply" if unasked is None else "notice",
        message_id,
        about=_text(root, "MsgInfo/{*}ConversationRef/{*}RefToParent") if unasked is None else "",
        code=(root.find(".//{*}TemaKodet") if unasked is None else unasked).get("V"),
        msg_id=_text(root, "MsgInfo/{*}MsgId"),
        uid=uids[0] if len(uids) == 1 else "",
        body=message.body,
    )


def _text(root: etree._Element, path: str) -> str:
    return str(root.find(f"{{*}}{path}").text)
