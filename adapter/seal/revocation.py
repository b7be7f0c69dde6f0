"""Which certificates have been revoked, by the lists that their issuers publish (helsenorge.md, A3).

No list that is current and covers a certificate means that we do not know, never that it is good: then the
message waits (A3). Nothing here waits for the network but ``refresh``, which is not for the worker.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID

from adapter.errors import KeysUnavailable, RevocationUnknown, RevokedCertificate
from adapter.seal.fetching import NotFetched, fetch, is_address, tellable
from adapter.seal.files import Watched, files_in, pem_blocks, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapter.seal.certificates import Certificate

log = structlog.get_logger(__name__)

_FETCH_EVERY, _AFTER_A_FAILURE = timedelta(hours=1), timedelta(minutes=1)
_BEFORE_ITS_END = timedelta(minutes=5)  # a list is asked for again, if the hour is not up by then
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class RevocationList:
    """One list, as far as it can be looked at before it is known who asks. ``end`` is aware UTC.

    It is decoded as it is looked at, so what is ever asked of it is looked at here, and may raise anything.
    """

    def __init__(self, crl: x509.CertificateRevocationList) -> None:
        self._crl = crl
        self._issuer = crl.issuer
        self._start = crl.last_update_utc
        self.end = crl.next_update_utc
        self._signed_by: dict[str, bool] = {}
        self._scope = _scope(crl)
        self._understood = _is_understood(crl)

    def until(self, certificate: Certificate, issuer: Certificate, now: datetime) -> datetime | None:
        """Until when this list answers for a certificate; ``None`` if it does not."""
        is_theirs = self._understood and self._issuer == issuer.x509.subject
        if self.is_current(now) and is_theirs and self._covers(certificate) and self._is_signed_by(issuer):
            return self.end
        return None

    def is_current(self, now: datetime) -> bool:
        """Whether it is in force now."""
        return self.end is not None and self._start <= now < self.end

    def names(self, certificate: Certificate) -> bool:
        """Whether the certificate is on the list."""
        serial = certificate.x509.serial_number
        return self._crl.get_revoked_certificate_by_serial_number(serial) is not None

    def _covers(self, certificate: Certificate) -> bool:
        """A list may be for a part of what its issuer has issued; one that does not say so is for all."""
        scope = self._scope
        if scope is None:
            return True
        if scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs:
            return False
        left_out = (
            scope.only_contains_user_certs if certificate.is_authority else scope.only_contains_ca_certs
        )
        if left_out:
            return False
        return not scope.full_name or bool(set(scope.full_name) & _places(certificate.x509))

    def _is_signed_by(self, issuer: Certificate) -> bool:
        known = self._signed_by.get(issuer.thumbprint)
        if known is None:
            key = issuer.x509.public_key()
            known = False
            if issuer.may_sign_lists and isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
                known = self._crl.is_signature_valid(key)
            self._signed_by[issuer.thumbprint] = known
        return known


class RevocationLists:
    """The lists of all issuers, from ``sources``: files, folders of files, and http addresses.

    Raises ``KeysUnavailable`` for a file that cannot be read at the start. An address that does not answer is
    asked again; until then its last list serves for as long as it is current.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        sources = list(sources)
        try:
            self._files = [Watched(Path(one), _load) for one in sources if not is_address(one)]
        except (OSError, ValueError) as error:
            raise KeysUnavailable(f"A revocation list cannot be read: {error}") from None
        self._fetched: dict[str, tuple[RevocationList, ...]] = {one: () for one in sources if is_address(one)}
        self._due: dict[str, datetime] = {}

    def current(self) -> tuple[RevocationList, ...]:
        """All lists that there are now. It is another tuple when one of them has changed."""
        files = (one.get() for one in self._files)
        return tuple(one for several in (*files, *self._fetched.values()) for one in several)

    def refresh(self, now: datetime) -> None:
        """Fetch what is due, for up to half a minute an address. Raises nothing."""
        for address in self._fetched:
            if address in self._due and now < self._due[address]:
                continue
            try:
                found = _current(_read(fetch(address)), now)
            except (NotFetched, ValueError) as error:
                self._due[address] = now + _AFTER_A_FAILURE
                log.warning("a revocation list was not fetched", address=tellable(address), reason=str(error))
            else:
                self._fetched[address] = found
                self._due[address] = _due(found, now)

    def check(self, certificate: Certificate, issuer: Certificate, now: datetime) -> datetime:
        """Until when it is known that the certificate is not revoked.

        Raises ``RevokedCertificate`` if it is, ``RevocationUnknown`` if no current list covers it.
        """
        ends = []
        for one in self.current():
            end = one.until(certificate, issuer, now)
            if end is None:
                continue
            if one.names(certificate):
                raise RevokedCertificate("The certificate is revoked", certificate.thumbprint)
            ends.append(end)
        if not ends:
            raise RevocationUnknown("No current revocation list covers a certificate")
        return min(ends)


def _current(lists: tuple[RevocationList, ...], now: datetime) -> tuple[RevocationList, ...]:
    """The lists. Raises ``ValueError`` if none of them is in force: those that were there may still be."""
    if not any(one.is_current(now) for one in lists):
        raise ValueError("it has run out, or is of a time to come")
    return lists


def _due(lists: Iterable[RevocationList], now: datetime) -> datetime:
    """When to fetch again what was fetched now: in an hour, or before the first of them runs out."""
    ends = [one.end - _BEFORE_ITS_END for one in lists if one.end is not None and one.is_current(now)]
    return max(now + _AFTER_A_FAILURE, min([now + _FETCH_EVERY, *ends]))


def _load(path: Path) -> tuple[RevocationList, ...]:
    found: list[RevocationList] = []
    for file in files_in(path):
        try:
            found += _read(read_bytes(file))
        except ValueError as error:
            raise ValueError(f"{file.name}: {error}") from None
    if not found:
        raise ValueError(f"there is no list in {path.name}")
    return tuple(found)


def _read(data: bytes) -> tuple[RevocationList, ...]:
    """The lists in PEM text, or the one that the bytes are. Raises ``ValueError``."""
    blocks = [block for label, block in pem_blocks(data) if label == "X509 CRL"]
    try:
        crls = [x509.load_pem_x509_crl(block) for block in blocks] or [x509.load_der_x509_crl(data)]
        return tuple(RevocationList(crl) for crl in crls)
    except Exception:  # noqa: BLE001 - anything may be in it, and the errors of its decoders have no root
        raise ValueError("it is no revocation list that can be read") from None


def _is_understood(crl: x509.CertificateRevocationList) -> bool:
    """Not with a digest of yesterday, not merely what is new, and nothing critical that we do not know."""
    known = {ExtensionOID.ISSUING_DISTRIBUTION_POINT}
    strange = any(one.critical and one.oid not in known for one in crl.extensions)
    is_delta = any(one.oid == ExtensionOID.DELTA_CRL_INDICATOR for one in crl.extensions)
    return isinstance(crl.signature_hash_algorithm, _DIGESTS) and not strange and not is_delta


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def _places(certificate: x509.Certificate) -> set[x509.GeneralName]:
    """Where a certificate says that lists with it are."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return set()
    return {name for point in points for name in point.full_name or ()}
