"""The seal around every message: signed, then encrypted (helsenorge.md, A3).

What it lets through was signed, over exactly these bytes, by the party that the envelope names. It must
never give away content of which that is not so. A refusal is logged with the certificate's thumbprint and
serial number and the HER-id, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from adapter.addressing import is_her_id
from adapter.errors import (
    InvalidCertificate,
    InvalidCms,
    KeysUnavailable,
    MissingCertificate,
    OwnFault,
    TransportFault,
)
from adapter.seal.certificates import Certificate, Use
from adapter.seal.encryption import decrypt, encrypt
from adapter.seal.expiring import Expiring, expiring, last_of
from adapter.seal.keys import OwnKeys
from adapter.seal.register import PartiesInFiles
from adapter.seal.revocation import RevocationLists
from adapter.seal.signature import read_signature, sign
from adapter.seal.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from adapter.seal.keys import OwnKey
    from adapter.seal.parties import Parties, Party

log = structlog.get_logger(__name__)

#: What a sealed message says it is (A2).
CONTENT_TYPE = "application/pkcs7-mime; smime-type=signed-and-enveloped-data"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was in a seal, and the certificate that signed it."""

    content: bytes = field(repr=False)
    signer: Certificate


class Seal:
    """Opens what others have sealed for us, and seals what we send.

    No message may be larger than ``max_bytes``, sealed. The parties are HER-ids throughout; ``now`` is aware.
    """

    def __init__(self, keys: OwnKeys, parties: Parties, trust: Trust, *, max_bytes: int) -> None:
        self._keys = keys
        self._parties = parties
        self._trust = trust
        self._max_bytes = max_bytes

    def open(self, body: bytes, *, sender: str, receiver: str, now: datetime) -> Unsealed:
        """The content that ``sender`` has signed and encrypted for ``receiver``, one of our parties.

        Raises a ``TransportFault`` for what the sender is to be told (A6), and an ``OwnFault`` where it is we
        who cannot say yet: ``RevocationUnknown``, ``KeysUnavailable``. Never raises anything else.
        """
        signer: Certificate | None = None
        try:
            if len(body) > self._max_bytes:
                raise InvalidCms("The message is too large")
            party = self._party(sender)
            signature = read_signature(decrypt(body, self._keys.for_decrypting(receiver)), party.certificates)
            signer = signature.certificate
            signature.verify()
            self._trust.judge(signer, Use.SIGN, signature.enclosed, now)
            if not party.may_be_signed_for_by(signer):
                raise InvalidCertificate("The signer is not the sender on the envelope", signer.thumbprint)
        except (TransportFault, OwnFault) as fault:
            _tell(fault, sender, signer)
            raise
        return Unsealed(signature.content, signer)

    def close(self, content: bytes, *, sender: str, receiver: str, now: datetime) -> bytes:
        """The content, signed by ``sender``, one of our parties, and encrypted for ``receiver``, as DER.

        Raises what ``check_answerable`` raises.
        """
        key = self._signing_key(sender, now)
        return encrypt(sign(content, key), self._certificate_of(receiver, now))

    def check_answerable(self, *, sender: str, receiver: str, now: datetime) -> None:
        """Raise if ``receiver`` could not be sent anything now: better known before the desk has decided.

        A ``TransportFault`` for want of a good certificate of theirs, ``KeysUnavailable`` for want of one of
        ours, ``RevocationUnknown`` if that cannot be said yet.
        """
        self._signing_key(sender, now)
        self._certificate_of(receiver, now)

    def refresh(self, now: datetime) -> None:
        """Fetch the revocation lists that are due. May take half a minute for each, so not for the worker."""
        self._trust.refresh(now)

    def find(self, her_id: str) -> Party | None:
        """The counterparty with that HER-id, as far as it is known."""
        return self._parties.find(her_id)

    def expiring(self, ours: Collection[str], now: datetime, within: timedelta) -> Iterator[Expiring]:
        """The certificates that will have run out within that time, of ours and of all counterparties."""
        return expiring(self._keys, self._parties, ours, now, within)

    def _signing_key(self, her_id: str, now: datetime) -> OwnKey:
        try:
            return self._keys.for_signing(her_id, now)
        except KeysUnavailable as fault:
            mine = [key.certificate for key in self._keys.all_of(her_id)]
            _tell(fault, her_id, last_of(mine, Use.SIGN))
            raise

    def _party(self, her_id: str) -> Party:
        party = self._parties.find(her_id)
        if party is None:
            raise MissingCertificate("There is no certificate registered for the sender")
        return party

    def _certificate_of(self, her_id: str, now: datetime) -> Certificate:
        """The newest good certificate to encrypt with for a party; the fault of the newest if none is."""
        fault: TransportFault | None = None
        newest: Certificate | None = None
        try:
            party = self._party(her_id)
            for newest in party.for_encrypting:
                try:
                    self._trust.judge(newest, Use.ENCRYPT, (), now)
                except TransportFault as found:
                    fault = fault or found
                else:
                    return newest
            raise fault or MissingCertificate("There is no certificate registered to encrypt for the party")
        except (TransportFault, OwnFault) as found:
            _tell(found, her_id, newest)
            raise


def seal_from_files(
    keys: Path,
    parties: Path,
    authorities: Path,
    revocation_lists: Iterable[str],
    *,
    passphrase: Path | None = None,
    max_bytes: int = 10_000_000,
) -> Seal:
    """A seal with everything from files, as the modules of the same names describe them.

    Raises ``KeysUnavailable`` if something of it cannot be read. The first ``refresh`` is the caller's.
    """
    trust = Trust(authorities, RevocationLists(revocation_lists))
    return Seal(OwnKeys(keys, passphrase), PartiesInFiles(parties), trust, max_bytes=max_bytes)


def _tell(fault: TransportFault | OwnFault, her_id: str, certificate: Certificate | None) -> None:
    reason = fault.condition if isinstance(fault, TransportFault) else type(fault).__name__
    log.warning(
        "seal refused" if isinstance(fault, TransportFault) else "seal not judged yet",
        reason=reason,
        her_id=her_id if is_her_id(her_id) else None,
        thumbprint=certificate.thumbprint if certificate else None,
        serial=certificate.serial if certificate else None,
    )
