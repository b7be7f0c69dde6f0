"""The queues: how messages come in and go out, behind one port with two mailboxes.

``port`` says what a mailbox promises; ``rabbitmq`` keeps it on a broker, ``memory`` within the process.
Both pass ``tests/contract/mailbox``. Nothing in here may look into a body, decide what becomes of a message
or acknowledge one by itself.
"""

from adapter.mailbox.port import (
    Delivery,
    Mailbox,
    MailboxClosed,
    MailboxError,
    MailboxUnavailable,
    PublishOutcome,
    PublishResult,
    QueueMissing,
    QueueRefused,
)

__all__ = [
    "Delivery",
    "Mailbox",
    "MailboxClosed",
    "MailboxError",
    "MailboxUnavailable",
    "PublishOutcome",
    "PublishResult",
    "QueueMissing",
    "QueueRefused",
]
