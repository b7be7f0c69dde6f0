"""Is the envelope in order, and does it say the same as the letter in it? (helsenorge.md, A2 and A6)

The header check is the one of the hub's own library, with its condition and the names of the fields as
data. Nothing is looked up here, and no body is read.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from adapter.errors import ContentFault, Finding, InvalidProperties, Spoofing
from adapter.message import Lane

if TYPE_CHECKING:
    from collections.abc import Collection

    from adapter.dialects.port import Opened
    from adapter.message import Inbound, Properties

_HER_ID = re.compile(r"[1-9][0-9]{0,9}")
_ROLES = frozenset({*Lane, "dl"})
_QUEUE_NAME = re.compile(r"[\w.:/-]{1,255}", re.ASCII)  # a name has 255 bytes, not characters

#: The content types of a letter as it is, and of one that is sealed (A2).
PLAIN_TYPES = ("application/xml", "text/xml", "text/plain")
SEALED_TYPES = ("application/pkcs7-mime",)


def is_her_id(text: str | None) -> bool:
    """Whether a text can be a HER-id: a whole number above zero."""
    return text is not None and _HER_ID.fullmatch(text) is not None


def check_properties(
    inbound: Inbound, ours: Collection[str], readable: Collection[str] = PLAIN_TYPES
) -> None:
    """Raise ``InvalidProperties`` that names every property which is missing or makes no sense.

    ``ours`` are the HER-ids that we answer for; a reply to one of our own queues would come back for ever.
    ``readable`` are the content types that a body may have.
    """
    properties = inbound.properties
    wrong = [name for name, good in _required(properties, readable).items() if not good]
    reply_to = properties.reply_to
    if (reply_to is None and inbound.lane is Lane.SYNC) or not _may_be_answered(reply_to, ours):
        wrong.append("replyTo")
    if wrong:
        raise InvalidProperties("AMQP properties are missing or not valid", *wrong)
    if properties.body_format is not None:
        raise InvalidProperties("The body is not one AMQP data section", "body")


def check_our_party(inbound: Inbound, ours: Collection[str]) -> None:
    """Raise ``InvalidProperties`` if the envelope is for a party that we do not answer for."""
    if inbound.properties.to_her_id not in ours:
        raise InvalidProperties("The message is for another party", "toHerId")


def check_subject(inbound: Inbound, opened: Opened) -> None:
    """Raise ``InvalidProperties`` if the message function on the envelope is not the one in the letter.

    The letter's is the one that counts. An envelope that may have lost its own on the way is not held to it:
    no 0-9-1 client is sure to get the subject of an AMQP 1.0 peer (H8).
    """
    if inbound.properties.subject not in {None, opened.about.function}:
        raise InvalidProperties("The subject is not the message function in MsgInfo/Type", "subject")


def check_sender(inbound: Inbound, opened: Opened) -> None:
    """Raise ``Spoofing`` if the envelope is from another party than the letter.

    Whatever else than a HER-id the letter has in its place is not repeated: it may be anything.
    """
    sender = inbound.properties.from_her_id or ""
    if sender != opened.sender:
        named = opened.sender if is_her_id(opened.sender) else "not a HER-id"
        raise Spoofing("The sender of the envelope is not the sender of the message", sender, named)


def check_receiver(inbound: Inbound, opened: Opened) -> None:
    """Raise ``ContentFault`` (E10) if the letter is for another party than the envelope."""
    if inbound.properties.to_her_id != opened.receiver:
        raise ContentFault(
            Finding(
                "E10",
                "the receiver is not the party that the envelope is addressed to",
                "mottakeren er ikke den parten som konvolutten er adressert til",
                "/MsgHead/MsgInfo/Receiver",
            )
        )


def _required(properties: Properties, readable: Collection[str]) -> dict[str, bool]:
    return {
        "toHerId": is_her_id(properties.to_her_id),
        "fromHerId": is_her_id(properties.from_her_id),
        "subject": properties.subject != "",
        "applicationTimeStamp": _is_moment(properties.application_timestamp),
        "contentType": (properties.content_type or "").partition(";")[0].strip().lower() in readable,
        "messageId": bool(properties.message_id),
    }


def _is_moment(text: str | None) -> bool:
    try:
        return text is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _may_be_answered(reply_to: str | None, ours: Collection[str]) -> bool:
    if reply_to is None:
        return True
    owner, _, role = reply_to.partition("_")
    # A message's waiting queues are called after the queue that it goes back to: 91095_async_wait_5s.
    is_ours = owner in ours and role.partition("_")[0] in _ROLES
    return _QUEUE_NAME.fullmatch(reply_to) is not None and not is_ours
