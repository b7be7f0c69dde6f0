"""Whether profiles and agreements fit what we are and do (helsenorge.md, A1 and A7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import KeysUnavailable
from adapter.mailbox.topology import queue_name
from adapter.message import Lane
from adapter.seal.certificates import Use, read_certificate
from adapter.upkeep.complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from adapter.agreements import Agreement, Profile
    from adapter.seal.certificates import Certificate
    from adapter.seal.keys import OwnKeys
    from adapter.seal.parties import Party
    from adapter.upkeep.gathering import OurParty, Standing


def check_queues(party: Party) -> Iterator[Complaint]:
    """Replies go where a request says, and otherwise, as errors do, where HER-ids say (A1, A6)."""
    for queue in party.profile.queues if party.profile else ():
        expected = queue_name(party.her_id, queue.lane)
        if queue.lane is not Lane.SYNC and queue.name != expected:
            what = (
                f"its {queue.lane} queue is {queue.name}, and what has no reply-to is answered on {expected}"
            )
            yield Complaint(False, party.her_id, _place(party.profile), what, "see that they name a reply-to")


def check_references(party: Party) -> Iterator[Complaint]:
    """What a profile names a certificate for has to be what its key usage allows, or nobody listens to it."""
    sides = (party.profile, *(one.side(party.her_id) for one in party.agreements))
    for listed in (one for side in sides if side for one in side.certificates):
        uses = read_certificate(listed.certificate).uses
        named = {Use.SIGN: listed.signs, Use.ENCRYPT: listed.encrypts}
        for use in [use for use, is_named in named.items() if is_named and use not in uses]:
            what = f"it is named to {use.name.lower()} with, and its key usage does not allow that"
            do = "nothing, if another one there is for it; ask them to mend their profile"
            yield Complaint(False, party.her_id, listed.place, what, do)


def check_processes(
    party: Party, served: Collection[str], nationally: Collection[str], ours: Iterable[str], now: datetime
) -> Iterator[Complaint]:
    """What they have no part in is refused; having no part in anything of ours is a misunderstanding."""
    agreed = [found for her_id in ours if (found := party.agreement_with(her_id, now))]
    sides = [side for one in agreed if (side := one.side(party.her_id))]
    for side in sides or filter(None, [party.profile]):
        if not side.supported & set(served):
            what = "it has no process that we serve, so every message of theirs is refused"
            yield Complaint(True, party.her_id, _place(side), what, "ask them for the right file")
            continue
        for process in sorted(one for one in nationally if not side.supports(one)):
            what = f"it does not have {process}, which we serve; such messages of theirs are refused"
            do = "nothing, unless they should have it; then ask them for a newer file"
            yield Complaint(False, party.her_id, _place(side), what, do)


def check_agreements(
    standing: Standing, served: Collection[str], now: datetime, soon: datetime
) -> Iterator[Complaint]:
    """Each agreement once, whether it is in force, and our side of it."""
    found = {one.id: one for party in standing.others for one in party.agreements}
    for one in found.values():
        ours = [party for side in one.parties if (party := standing.our_party(side.her_id))]
        if not ours:
            names = " and ".join(side.her_id for side in one.parties)
            what = f"an agreement between {names}, and neither is a party of ours"
            yield _about(one, None, what, "take it away, or import the calendars of our party", serious=True)
        for party in ours:
            yield from _check_agreement(one, party, standing, served, now, soon)


def _check_agreement(
    one: Agreement, ours: OurParty, standing: Standing, served: Collection[str], now: datetime, soon: datetime
) -> Iterator[Complaint]:
    other = next(side.her_id for side in one.parties if side.her_id != ours.her_id)
    party = standing.other_party(other)
    in_force = party.agreement_with(ours.her_id, now) if party else None
    if one.end < now and in_force is None:
        what = f"the agreement with {other} has ended on {one.end:%Y-%m-%d}"
        yield _about(one, ours, what, "fetch the new one, and put it in its place", serious=True)
    elif one.start > now and in_force is None:
        what = f"the agreement with {other} does not begin before {one.start:%Y-%m-%d}"
        yield _about(one, ours, what, "keep the old one until then", serious=True)
    if one is not in_force:
        return
    if one.end < soon and not _goes_on(party, ours, one):
        what = f"the agreement with {other} ends on {one.end:%Y-%m-%d}"
        yield _about(one, ours, what, "have it renewed, and put the new one beside it")
    side = one.side(ours.her_id)
    if side is not None:
        yield from _check_our_side(one, side, ours, served)
        if standing.keys is not None:
            yield from _check_our_certificates(one, side, ours, standing.keys, now)


def _goes_on(party: Party | None, ours: OurParty, one: Agreement) -> bool:
    others = party.agreements if party else ()
    return any(next_.side(ours.her_id) and next_.start <= one.end < next_.end for next_ in others)


def _check_our_side(
    one: Agreement, side: Profile, ours: OurParty, served: Collection[str]
) -> Iterator[Complaint]:
    for queue in side.queues:
        expected = queue_name(ours.her_id, queue.lane)
        if queue.name != expected:
            what = f"our {queue.lane} queue is {queue.name} there, and timebok reads {expected}"
            yield _about(one, ours, what, "have the agreement say the queue that is read", serious=True)
    for process in sorted({one.name for one in side.processes if one.name.casefold() not in served}):
        what = f"{process} is agreed, and timebok does not serve it: such messages are refused"
        yield _about(one, ours, what, "have it taken out of the agreement", serious=True)


def _check_our_certificates(
    one: Agreement, side: Profile, ours: OurParty, keys: OwnKeys, now: datetime
) -> Iterator[Complaint]:
    known = set(ours.certificates)
    theirs = {read_certificate(listed.certificate) for listed in side.certificates}
    signing = _signs_now(ours, keys, now)
    ours_there = [certificate for certificate in theirs & known if Use.SIGN in certificate.uses]
    if signing and ours_there and signing not in theirs:
        what = f"we sign with {signing.thumbprint[:16]}, and they expect another certificate"
        yield _about(one, ours, what, "have the hub register it, and fetch the agreement again")
    for listed in side.certificates:
        certificate = read_certificate(listed.certificate)
        if certificate not in known and Use.ENCRYPT in certificate.uses:
            what = (
                f"they encrypt for the certificate {certificate.thumbprint[:16]}, and there is no key for it"
            )
            do = "put its key into seal_keys, or have the hub register the one that is there"
            yield Complaint(True, ours.her_id, listed.place, what, do)
        elif certificate not in known and Use.SIGN in certificate.uses:
            what = f"they expect us to sign with {certificate.thumbprint[:16]}, and there is no key for it"
            do = "put its key into seal_keys, or have the hub register the one that is there"
            yield Complaint(True, ours.her_id, listed.place, what, do)


def _signs_now(ours: OurParty, keys: OwnKeys, now: datetime) -> Certificate | None:
    try:
        return keys.for_signing(ours.her_id, now).certificate
    except KeysUnavailable:
        return None  # which is told of by itself


def _about(one: Agreement, ours: OurParty | None, what: str, do: str, *, serious: bool = False) -> Complaint:
    return Complaint(serious, ours.her_id if ours else None, one.place, what, do)


def _place(profile: Profile | None) -> str:
    return profile.place if profile else ""
