"""Who stands behind a certificate: a chain to a root that we trust, and nobody in it revoked (A3).

The chain is built and checked by ``cryptography``. A verdict is kept for as long as it holds, so that a
message of a known sender costs no more than its own keys; a refusal is never kept. It must never let a
certificate pass because something could not be found out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from adapter.errors import Fault, KeysUnavailable, UnverifiedCertificate
from adapter.seal.certificates import Certificate, Use, read_certificate
from adapter.seal.files import Watched, certificates_of, files_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from adapter.seal.revocation import RevocationList, RevocationLists

    _Certificates = Iterable[x509.Certificate]

_MOST_VERDICTS = 1_000
_DEEPEST = 5


class Authorities:
    """Those who issue certificates, as found in files: the roots are trusted, the others lead to them."""

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        found = list(certificates)
        self.certificates = tuple(found)
        roots = [one.x509 for one in found if one.self_issued]
        if not roots:
            raise ValueError("there is no root certificate")
        self.store = Store(roots)
        self.others = [one.x509 for one in found if not one.self_issued]


class Trust:
    """Judges certificates by the authorities in ``path`` (a file or folder) and the revocation lists.

    Raises ``KeysUnavailable`` if the authorities cannot be read.
    """

    def __init__(self, path: Path, lists: RevocationLists) -> None:
        try:
            self._authorities = Watched(path, _load)
        except (OSError, ValueError) as error:
            raise KeysUnavailable(f"The authorities in {path} cannot be read: {error}") from None
        self._lists = lists
        self._known_by: tuple[Authorities | RevocationList, ...] = ()
        self._good_until: dict[tuple[str, Use], datetime] = {}

    def judge(self, certificate: Certificate, use: Use, others: _Certificates, now: datetime) -> None:
        """Raise unless the certificate may be put to this use now. ``others`` may lead to a root.

        Raises ``ExpiredCertificate``, ``InvalidCertificate``, ``UnverifiedCertificate`` or
        ``RevokedCertificate``; ``RevocationUnknown`` if it has to be asked again later.
        """
        certificate.check(use, now)
        authorities = self._authorities.get()
        known_by: tuple[Authorities | RevocationList, ...] = (authorities, *self._lists.current())
        if known_by != self._known_by:
            self._good_until, self._known_by = {}, known_by
        until = self._good_until.get((certificate.thumbprint, use))
        if until is None or now >= until:
            until = self._until(certificate, authorities, others, now)
            if len(self._good_until) >= _MOST_VERDICTS:
                self._good_until.clear()
            self._good_until[certificate.thumbprint, use] = until

    def authorities(self) -> tuple[Certificate, ...]:
        """The certificates of those who issue certificates."""
        return self._authorities.get().certificates

    def refresh(self, now: datetime) -> None:
        """Fetch the revocation lists that are due. Waits for the network; raises nothing."""
        self._lists.refresh(now)

    def _until(
        self,
        certificate: Certificate,
        authorities: Authorities,
        others: Iterable[x509.Certificate],
        now: datetime,
    ) -> datetime:
        chain = _chain(certificate, authorities, others, now)
        ends = [one.not_after for one in chain]
        for one, issuer in pairwise(chain):
            ends.append(self._lists.check(one, issuer, now))
        return min(ends)


def _chain(
    certificate: Certificate, authorities: Authorities, others: _Certificates, now: datetime
) -> list[Certificate]:
    """From the certificate to a root, each issued by the next. Raises ``UnverifiedCertificate``."""
    policy = PolicyBuilder().store(authorities.store).time(now).max_chain_depth(_DEEPEST)
    policy = policy.extension_policies(ca_policy=_AUTHORITY, ee_policy=ExtensionPolicy.permit_all())
    between = [*authorities.others, *others]
    try:
        chain = policy.build_client_verifier().verify(certificate.x509, between).chain
    except VerificationError:
        raise UnverifiedCertificate(
            "No issuer that we trust stands behind the certificate", certificate.thumbprint
        ) from None
    return [read_certificate(one) for one in chain]


def _may_issue(_: Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("it may not issue certificates")


# Not the rules of the web: these certificates are for organisations, not for names of hosts.
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)  # that it says yes it sees to itself
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_issue)
)


def _load(path: Path) -> Authorities:
    try:
        return Authorities(read_certificate(one) for file in files_in(path) for one in certificates_of(file))
    except Fault as fault:
        raise ValueError(str(fault)) from None
