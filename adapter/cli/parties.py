"""``timebok parties``: who we are, who the others are, and whether it all fits together.

The command words what ``adapter/upkeep`` finds, and nothing more. It needs no broker.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapter.cli.console import add_row, in_progress, new_table, plain, show
from adapter.cli.store import open_store
from adapter.service import served_processes
from adapter.upkeep.checking import check
from adapter.upkeep.gathering import gather

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from adapter.agreements import Agreement, Profile
    from adapter.seal.certificates import Certificate
    from adapter.seal.parties import Party
    from adapter.upkeep.complaint import Complaint
    from adapter.upkeep.gathering import OurParty, Standing

NOT_SEALED = (
    "No seal is set (TIMEBOK_SEAL_KEYS …): nothing is signed or encrypted, and no counterparty is known"
)

app = typer.Typer(
    name="parties", help="See who we are, who the others are, and what does not fit.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List our parties and the counterparties, with their certificates."""
    standing, now = _gather()
    if as_json:
        for one in standing.ours:
            _echo(_ours_as_json(one))
        for other in standing.others:
            _echo(_other_as_json(other, now, standing))
    else:
        _print_ours(standing)
        _print_others(standing, now)
    _tell_faults(standing)


@app.command("show")
def show_(
    her_id: Annotated[str, typer.Argument(metavar="HER-ID", help="Of a party of ours, or of another.")],
    *,
    as_json: Json = False,
) -> None:
    """Show everything that is known of one party."""
    standing, now = _gather()
    ours, other = standing.our_party(her_id), standing.other_party(her_id)
    _tell_faults(standing)
    if ours is None and other is None:
        typer.echo(
            f"There is no party {plain(her_id)}; 'timebok parties list' shows those that there are", err=True
        )
        raise typer.Exit(1)
    if as_json:
        _echo(_ours_as_json(ours) if ours else _other_as_json(other, now, standing) if other else {})
    else:
        lines = _ours_in_lines(ours, standing) if ours else _other_in_lines(other, now) if other else ()
        typer.echo("\n".join(plain(line) for line in lines))


@app.command("check")
def check_(
    *,
    days: Annotated[int, typer.Option(min=0, max=3650, help="Warn of what runs out within so many.")] = 30,
    as_json: Json = False,
) -> None:
    """Say what has expired and what does not fit together; 1 if anything, 0 if there are only warnings."""
    standing, now = _gather()
    served, nationally = served_processes()
    complaints = check(standing, served, nationally, now, timedelta(days=days))
    for one in complaints:
        if as_json:
            _echo(_complaint_as_json(one))
        else:
            level = "problem" if one.serious else "warning"
            whom = " ".join(filter(None, [one.her_id, one.where]))
            typer.echo(plain(f"{level}: {whom}: {one.what}; {one.do}"))
    if not as_json:
        _sum_up(standing, complaints)
    if any(one.serious for one in complaints):
        raise typer.Exit(1)


def _gather() -> tuple[Standing, datetime]:
    settings, engine = open_store()
    now = settings.clock()
    with in_progress("Fetching revocation lists"), engine.begin() as connection:
        return gather(settings, connection, now), now


def _sum_up(standing: Standing, complaints: Collection[Complaint]) -> None:
    problems = sum(one.serious for one in complaints)
    counted = f"{len(standing.ours)} of ours, {len(standing.others)} of others"
    typer.echo(f"Parties: {counted}. Problems: {problems}. Warnings: {len(complaints) - problems}.")


def _tell_faults(standing: Standing) -> None:
    for fault in standing.faults:
        typer.echo(f"timebok: {plain(fault)}", err=True)


# --- tables and lines


def _print_ours(standing: Standing) -> None:
    table = new_table("Ours", "Name", "Belongs to", "Queues", "Certificates")
    for one in standing.ours:
        owner = one.owner
        parent = f"{owner.parent_her_id} {owner.parent_name}" if owner else None
        add_row(
            table,
            one.her_id,
            owner.name if owner else "(no calendars)",
            parent,
            ", ".join(one.queues),
            "; ".join(_certificate(certificate) for certificate in one.certificates),
        )
    if standing.ours:
        show(table)
    else:
        typer.echo("There are no parties of ours yet; import calendars with: timebok calendar import FILE")


def _print_others(standing: Standing, now: datetime) -> None:
    if not standing.is_sealed:
        typer.echo(NOT_SEALED)
        return
    served, _ = served_processes()
    ours = {one.her_id for one in standing.ours}
    table = new_table("Counterparty", "Name", "Organisation", "Certificates", "Agreements", "Processes")
    for party in standing.others:
        agreed = [one.id for one in party.agreements if one.applies(now) and _is_with(one, ours)]
        known = {(one.name, one.version) for side in _sides(party) for one in side.processes}
        common = sorted(f"{name} {version}" for name, version in known if name.casefold() in served)
        more = f"and {len(known) - len(common)} more" if len(known) > len(common) else ""
        add_row(
            table,
            party.her_id,
            party.name,
            party.organisation,
            "; ".join(_certificate(certificate) for certificate in party.certificates),
            ", ".join(agreed),
            " ".join(filter(None, [", ".join(common), more])) or "not known",
        )
    show(table)


def _ours_in_lines(one: OurParty, standing: Standing) -> Iterable[str]:
    owner = one.owner
    yield f"{one.her_id} {owner.name if owner else '(no calendars)'}, a party of ours"
    if owner:
        yield f"  belongs to   {owner.parent_her_id} {owner.parent_name}"
    yield f"  queues       {', '.join(one.queues)}"
    if not standing.is_sealed:
        yield f"  certificates none: {NOT_SEALED[0].lower()}{NOT_SEALED[1:]}"
    for certificate in one.certificates:
        yield f"  certificate  {_certificate(certificate, whole=True)}"
    agreements = {a.id: a for party in standing.others for a in party.agreements if a.side(one.her_id)}
    for agreement in agreements.values():
        yield from _agreement_in_lines(agreement)


def _other_in_lines(party: Party, now: datetime) -> Iterable[str]:
    yield f"{party.her_id} {party.name}, a counterparty".replace(" ,", ",")
    if party.organisation:
        yield f"  organisation {party.organisation}; any trusted certificate of it may sign"
    for certificate in party.certificates:
        yield f"  certificate  {_certificate(certificate, whole=True)}"
    for agreement in party.agreements:
        yield from _agreement_in_lines(agreement, in_force=agreement.applies(now))
    for side in _sides(party):
        yield f"  profile      {side.place}"
        for queue in side.queues:
            yield f"  {queue.lane:<5} queue  {queue.name}"
        for process in side.processes:
            yield f"  process      {process.name} {process.version} as {process.role}"
            yield f"               sends {', '.join(process.sends) or 'nothing'}"
            yield f"               receives {', '.join(process.receives) or 'nothing'}"


def _agreement_in_lines(one: Agreement, *, in_force: bool | None = None) -> Iterable[str]:
    state = "" if in_force is None else ", in force" if in_force else ", not in force"
    parties = " and ".join(side.her_id for side in one.parties)
    yield f"  agreement    {one.id} between {parties}, {one.status}{state}"
    yield f"               from {one.start:%Y-%m-%d} to {one.end:%Y-%m-%d}, {one.place}"


def _certificate(one: Certificate, *, whole: bool = False) -> str:
    uses = " and ".join(sorted(use.name.lower() for use in one.uses)) or "no use"
    if whole:
        dates = f"from {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}"
        return f"{uses}, {dates}, thumbprint {one.thumbprint}, serial {one.serial}"
    return f"{uses} {one.thumbprint[:16]} until {one.not_after:%Y-%m-%d}"


def _sides(party: Party) -> list[Profile]:
    """What is known of it: its profile, and its side of each agreement."""
    sides = (party.profile, *(one.side(party.her_id) for one in party.agreements))
    return [side for side in sides if side]


def _is_with(agreement: Agreement, ours: Collection[str]) -> bool:
    return any(side.her_id in ours for side in agreement.parties)


# --- JSON


def _echo(line: dict[str, Any]) -> None:
    typer.echo(plain(json.dumps(line, ensure_ascii=False)))


def _ours_as_json(one: OurParty) -> dict[str, Any]:
    owner = one.owner
    return {
        "her_id": one.her_id,
        "ours": True,
        "name": owner.name if owner else None,
        "parent": {"her_id": owner.parent_her_id, "name": owner.parent_name} if owner else None,
        "queues": list(one.queues),
        "certificates": [_certificate_as_json(certificate) for certificate in one.certificates],
    }


def _other_as_json(party: Party, now: datetime, standing: Standing) -> dict[str, Any]:
    served, _ = served_processes()
    ours = {one.her_id for one in standing.ours}
    return {
        "her_id": party.her_id,
        "ours": False,
        "name": party.name or None,
        "organisation": party.organisation,
        "certificates": [_certificate_as_json(certificate) for certificate in party.certificates],
        "agreements": [
            {
                "cpa_id": one.id,
                "status": one.status,
                "start": one.start.isoformat(),
                "end": one.end.isoformat(),
                "applies": one.applies(now) and _is_with(one, ours),
                "parties": [side.her_id for side in one.parties],
                "place": one.place,
            }
            for one in party.agreements
        ],
        "queues": sorted({queue.name for side in _sides(party) for queue in side.queues}),
        "processes": [
            {
                "name": one.name,
                "version": one.version,
                "role": one.role,
                "sends": list(one.sends),
                "receives": list(one.receives),
                "served": one.name.casefold() in served,
                "place": side.place,
            }
            for side in _sides(party)
            for one in side.processes
        ],
    }


def _certificate_as_json(one: Certificate) -> dict[str, Any]:
    return {
        "uses": sorted(use.name.lower() for use in one.uses),
        "thumbprint": one.thumbprint,
        "serial": one.serial,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
    }


def _complaint_as_json(one: Complaint) -> dict[str, Any]:
    return {
        "level": "problem" if one.serious else "warning",
        "her_id": one.her_id,
        "where": one.where,
        "what": one.what,
        "do": one.do,
    }
