"""What can be wrong, as one tree. A fault is about a message; whom it is told depends on its branch.

    TimebokError
    ├── Fault                        something is wrong with the message in hand
    │   ├── TransportFault           -> error message to the sender's error queue (helsenorge.md, A6)
    │   │   ├── InvalidProperties    transport:invalid-field-value
    │   │   ├── InvalidEncoding      transport:invalid-encoding
    │   │   ├── NotWellFormed        transport:not-well-formed-xml
    │   │   ├── Unsupported          transport:unsupported-message
    │   │   ├── Spoofing             abuse:spoofing-attack
    │   │   ├── InvalidCms           transport:invalid-cms-pkcs
    │   │   ├── DecryptionFailed     transport:decryption-failed
    │   │   ├── InvalidSignature     transport:invalid-signature
    │   │   ├── MissingCertificate   transport:missing-certificate
    │   │   ├── InvalidCertificate   transport:invalid-certificate
    │   │   ├── ExpiredCertificate   transport:expired-certificate
    │   │   ├── RevokedCertificate   transport:revoked-certificate
    │   │   └── UnverifiedCertificate transport:unverified-certificate
    │   └── ContentFault             -> negative AppRec, or reply 26 where the sender waits (A4, A5)
    └── OwnFault                     ours: the message waits and is tried again
        ├── InvalidReply             a reply of ours does not validate
        ├── StoreUnavailable         the booking store cannot be reached or is not what we expect
        └── NotNow                   something has to come first; it waits for as long as that takes
            ├── KeysUnavailable      there is no key of ours to open or to sign with
            ├── RevocationUnknown    it cannot be found out now whether a certificate is revoked
            └── NotSealed            an answer could not be sealed any more when it was there

``condition`` and ``Finding.code`` are stable: others may count on them. No text here ever quotes what
stood in a message: not a name, not a number, not a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a message, and where.

    ``code`` is from code list 8221. ``line`` and ``column`` count from 1 and are 0 where there is no
    place to point at. ``english`` is for whoever tests or operates timebok, ``norwegian`` for the clinic
    or the portal that gets the answer; neither quotes a value.
    """

    code: str
    english: str
    norwegian: str
    path: str = ""
    line: int = 0
    column: int = 0


class TimebokError(Exception):
    """Everything that timebok raises on purpose."""


class Fault(TimebokError):
    """Something is wrong with the message in hand."""


class TransportFault(Fault):
    """The envelope around the message is broken; the sender is told on their error queue.

    ``data`` becomes errorConditionData: names of fields, or HER-ids, never anything of a patient.
    """

    condition: ClassVar[str]

    def __init__(self, description: str, *data: str) -> None:
        super().__init__(description)
        self.description = description
        self.data = data


class InvalidProperties(TransportFault):
    """An AMQP property is missing or makes no sense; ``data`` names it."""

    condition = "transport:invalid-field-value"


class InvalidEncoding(TransportFault):
    """The text is in an encoding that we do not read."""

    condition = "transport:invalid-encoding"


class NotWellFormed(TransportFault):
    """It is not XML, is XML of a forbidden kind or size, or has no head that can be read."""

    condition = "transport:not-well-formed-xml"

    def __init__(self, description: str, *data: str, line: int = 0, column: int = 0) -> None:
        super().__init__(description, *data)
        self.line = line
        self.column = column


class Unsupported(TransportFault):
    """We have no part in the process that the message belongs to."""

    condition = "transport:unsupported-message"


class Spoofing(TransportFault):
    """The sender on the envelope is not the sender in the letter; ``data`` is the two HER-ids."""

    condition = "abuse:spoofing-attack"


class InvalidCms(TransportFault):
    """The seal is not the CMS that the protocol asks for (helsenorge.md, A3)."""

    condition = "transport:invalid-cms-pkcs"


class DecryptionFailed(TransportFault):
    """It cannot be decrypted. Never says why: the reason would help whoever tries to guess the content."""

    condition = "transport:decryption-failed"


class InvalidSignature(TransportFault):
    """The signature is not one over this content with the key of the certificate that it names."""

    condition = "transport:invalid-signature"


class MissingCertificate(TransportFault):
    """There is no certificate of the counterparty to check or to answer with."""

    condition = "transport:missing-certificate"


class InvalidCertificate(TransportFault):
    """A certificate of the wrong kind, or not the counterparty's own; ``data`` is its thumbprint."""

    condition = "transport:invalid-certificate"


class ExpiredCertificate(TransportFault):
    """A certificate of the counterparty is not valid yet, or no longer; ``data`` is its thumbprint."""

    condition = "transport:expired-certificate"


class RevokedCertificate(TransportFault):
    """A certificate of the counterparty, or of who issued it, is revoked; ``data`` is its thumbprint."""

    condition = "transport:revoked-certificate"


class UnverifiedCertificate(TransportFault):
    """No issuer that we trust stands behind a certificate of the counterparty; ``data`` is its thumbprint."""

    condition = "transport:unverified-certificate"


class ContentFault(Fault):
    """The head can be read, and something in the message is wrong."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.code} {finding.english}" for finding in findings))
        self.findings = findings


class OwnFault(TimebokError):
    """We have failed. The message is not to blame and must not be lost."""


class InvalidReply(OwnFault):
    """A message of ours does not validate against the schemas, so it does not leave."""


class StoreUnavailable(OwnFault):
    """The booking store cannot be opened, or its schema is not the one that this version knows."""


class NotNow(OwnFault):
    """Something outside of timebok has to come first: no number of tries is enough to give up."""


class KeysUnavailable(NotNow):
    """None of our keys can be read, or none may sign at this time."""


class RevocationUnknown(NotNow):
    """No revocation list that is current covers a certificate: wait and try again (A3)."""


class NotSealed(NotNow):
    """Between the check and the answer the receiver's certificate has ceased to be good: from the start."""
