"""What has run out, runs out soon, or does not fit together. It only looks, and says what to do.

A ``Complaint`` is serious when messages are refused or wait because of it, or will be; what is not can wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapter.errors import (
    ExpiredCertificate,
    Fault,
    OwnFault,
    RevocationUnknown,
    RevokedCertificate,
    UnverifiedCertificate,
)
from adapter.seal.certificates import Use
from adapter.seal.expiring import last_of
from adapter.upkeep.agreed import check_agreements, check_processes, check_queues, check_references
from adapter.upkeep.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime, timedelta

    from cryptography import x509

    from adapter.seal.certificates import Certificate
    from adapter.seal.parties import Party
    from adapter.seal.trust import Trust
    from adapter.upkeep.gathering import OurParty, Standing

_VERB = {Use.SIGN: "sign", Use.ENCRYPT: "encrypt"}
_OWN_KEYS, _PARTIES, _AUTHORITIES = "seal_keys", "seal_parties", "seal_authorities"


@dataclass(frozen=True, slots=True)
class _Checker:
    """Whose certificates are looked at, where they lie, and what a new one takes."""

    her_id: str
    where: str
    trust: Trust | None
    now: datetime
    soon: datetime
    is_ours: bool

    def complain(self, serious: bool, what: str, do: str) -> Complaint:
        return Complaint(serious, self.her_id, self.where, what, do)

    def renew(self, use: Use = Use.ENCRYPT) -> str:
        """What to do for a new certificate. A key signs once it is there, and has to be known by then."""
        if not self.is_ours:
            return "ask them for the new one, and put it beside it"
        if use is Use.SIGN:
            return "have the hub register the new certificate, and only then put it with its key beside it"
        return "put the new key with its certificate beside it, and then have the hub register it"


def check(
    standing: Standing, served: Collection[str], nationally: Collection[str], now: datetime, within: timedelta
) -> list[Complaint]:
    """Everything that is to be told, party by party.

    ``served`` are the processes that we answer, in small letters, ``nationally`` those of them that
    others may be expected to know. ``now`` is aware; what runs out ``within`` that time is told.
    """
    complaints = [
        Complaint(True, None, "the settings of the seal", fault, "put that right")
        for fault in standing.faults
    ]
    if not standing.is_sealed:
        do = "nothing, if this is a try-out; else set TIMEBOK_SEAL_KEYS and the other three"
        what = "no seal is set: nothing is signed or encrypted, and no counterparty is known"
        return [Complaint(False, None, "the settings of the seal", what, do)]
    for ours in standing.ours:
        one = _Checker(ours.her_id, _OWN_KEYS, standing.trust, now, now + within, is_ours=True)
        if standing.keys is not None:
            complaints += _check_ours(ours, one)
    our_ids = {ours.her_id for ours in standing.ours}
    complaints += _check_stray_keys(standing, our_ids)
    for party in standing.others:
        one = _Checker(party.her_id, _PARTIES, standing.trust, now, now + within, is_ours=False)
        complaints += _check_other(party, one)
        complaints += check_references(party)
        complaints += check_queues(party)
        complaints += check_processes(party, served, nationally, our_ids, now)
    complaints += check_agreements(standing, served, now, now + within)
    complaints += _check_authorities(standing, now, now + within)
    return complaints


def _check_ours(ours: OurParty, one: _Checker) -> Iterator[Complaint]:
    if ours.owner is None:
        do = "import its calendars, or take it out of TIMEBOK_HER_IDS"
        yield Complaint(False, ours.her_id, "the store", "it has no calendars", do)
    yield from _check_uses(ours.certificates, one, dict.fromkeys(Use, ours.certificates))
    beside = {issuer for key in ours.keys for issuer in key.issuers if not issuer.is_authority}
    for certificate in beside:
        what = f"there is no key for the certificate {certificate.thumbprint[:16]}"
        yield one.complain(False, what, "put its key beside it, or take it away")


def _check_other(party: Party, one: _Checker) -> Iterator[Complaint]:
    by_use = {use: party.certificates_for(use) for use in Use}
    if party.organisation and not by_use[Use.SIGN]:
        del by_use[Use.SIGN]
    yield from _check_uses(party.certificates, one, by_use)


def _check_uses(
    certificates: Sequence[Certificate], one: _Checker, by_use: dict[Use, tuple[Certificate, ...]]
) -> Iterator[Complaint]:
    for certificate in certificates:
        if not certificate.uses:
            name = certificate.thumbprint[:16]
            what = f"the key usage of the certificate {name} allows neither to sign nor to encrypt"
            yield one.complain(True, what, one.renew())
    for use, several in by_use.items():
        yield from _check_use(use, [certificate for certificate in several if use in certificate.uses], one)


def _check_use(use: Use, several: Sequence[Certificate], one: _Checker) -> Iterator[Complaint]:
    """One good certificate is enough for a use; what is wrong with others matters if one is revoked."""
    if not several:
        what = f"there is no {'key' if one.is_ours else 'certificate'} to {_VERB[use]} with"
        yield one.complain(True, what, one.renew(use))
        return
    faults = {certificate: _fault(certificate, use, one) for certificate in several}
    good = [certificate for certificate, fault in faults.items() if fault is None]
    for certificate, fault in faults.items():
        name = f"the certificate {certificate.thumbprint[:16]} to {_VERB[use]} with"
        if isinstance(fault, RevokedCertificate):
            yield one.complain(True, f"{name} is revoked", "take it away, and find out why it was")
        elif isinstance(fault, ExpiredCertificate) and not good:
            yield one.complain(True, f"{name} {_when(certificate, one.now)}", one.renew(use))
        elif fault is not None and not good:
            yield one.complain(True, f"{name}: {fault}", _remedy(fault, use, one))
    last = last_of(good, use)
    if last is not None and last.not_after < one.soon:
        name = f"the certificate {last.thumbprint[:16]} to {_VERB[use]} with"
        yield one.complain(False, f"{name} expires on {last.not_after:%Y-%m-%d}", one.renew(use))


def _fault(certificate: Certificate, use: Use, one: _Checker) -> Fault | OwnFault | None:
    """What is wrong with it now. Who stands behind ours is for others to find out."""
    try:
        certificate.check(use, one.now)
        if one.trust is not None:
            one.trust.judge(certificate, use, (), one.now)
    except (UnverifiedCertificate, RevocationUnknown) as fault:
        return None if one.is_ours else fault
    except (Fault, OwnFault) as fault:
        return fault
    return None


def _when(certificate: Certificate, now: datetime) -> str:
    if certificate.not_after < now:
        return f"expired on {certificate.not_after:%Y-%m-%d}"
    return f"is not valid before {certificate.not_before:%Y-%m-%d}"


def _remedy(fault: Fault | OwnFault, use: Use, one: _Checker) -> str:
    if isinstance(fault, RevocationUnknown):
        return "see to the files and addresses in seal_revocation_lists"
    if one.is_ours:
        return one.renew(use)
    return "put the authority above it into seal_authorities once you know who it is, or ask them for another"


def _check_authorities(standing: Standing, now: datetime, soon: datetime) -> Iterator[Complaint]:
    """One that has expired is not told of: who it stood behind is, and others may stand there by now."""
    lasts: dict[x509.Name, Certificate] = {}
    for one in standing.trust.authorities() if standing.trust else ():
        last = lasts.setdefault(one.x509.subject, one)
        if one.not_after > last.not_after:
            lasts[one.x509.subject] = one
    for one in lasts.values():
        if now < one.not_after < soon:
            name = f"the certificate {one.thumbprint[:16]} of an authority"
            do = "put its new one beside it: without it, nobody is trusted that it stands behind"
            yield Complaint(False, None, _AUTHORITIES, f"{name} expires on {one.not_after:%Y-%m-%d}", do)


def _check_stray_keys(standing: Standing, our_ids: Collection[str]) -> Iterator[Complaint]:
    for her_id in sorted(standing.keys.her_ids() - set(our_ids) if standing.keys else ()):
        do = "take its folder away, or import the calendars of that party"
        yield Complaint(False, her_id, _OWN_KEYS, "it has keys of its own, and is no party of ours", do)
