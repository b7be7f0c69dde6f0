"""``timebok parties list`` and ``show``: what is there, to a person and to a program. No broker is asked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapter.cli.app import app
from tests.support.certificates import read
from tests.support.clinic import NOW, OTHER_OWNER, OWNER
from tests.support.envelopes import HUB
from tests.unit.upkeep.conftest import CPA_ID

if TYPE_CHECKING:
    from tests.unit.upkeep.conftest import Clinic


def test_the_list_for_a_program(clinic: Clinic) -> None:
    clinic.agree()
    lines = [json.loads(line) for line in clinic.run("list", "--json").stdout.splitlines()]
    assert [(one["her_id"], one["ours"]) for one in lines] == [
        (OWNER, True),
        (OTHER_OWNER, True),
        (HUB, False),
    ]
    us, _, hub = lines
    assert (us["name"], us["parent"]) == (
        "Vaksinasjonstjenesten",
        {"her_id": "1234", "name": "Beste kommune"},
    )
    assert us["queues"] == [f"{OWNER}_{kind}" for kind in ("async", "sync", "error", "dl")]
    mine = {read(one).thumbprint for one in (clinic.post.our_sign, clinic.post.our_encrypt)}
    assert {one["thumbprint"] for one in us["certificates"]} == mine
    assert (hub["name"], hub["queues"]) == ("Knutepunktet", [f"{HUB}_async", f"{HUB}_sync"])
    assert [(one["cpa_id"], one["applies"]) for one in hub["agreements"]] == [(CPA_ID, True)]
    assert {one["served"] for one in hub["processes"]} == {True}


def test_the_list_for_a_person(clinic: Clinic) -> None:
    clinic.agree()
    said = clinic.run("list").stdout
    certificate = read(clinic.post.their_sign)
    assert f"sign {certificate.thumbprint[:16]} until {certificate.not_after:%Y-%m-%d}" in said
    for words in ("Vaksinasjonstjenesten", "1234 Beste kommune", f"{OWNER}_sync", CPA_ID, "Knutepunktet"):
        assert words in said
    assert "Dialog_Innbygger_Timereservasjon 1.2" in said


def test_processes_that_are_none_of_ours_are_counted(clinic: Clinic) -> None:
    clinic.profile(processes=["Dialog_Innbygger_Timereservasjon", "Dialog_Innbygger_Ekonsultasjon"])
    assert "Dialog_Innbygger_Timereservasjon 1.2 and 1 more" in clinic.run("list").stdout


def test_one_party_of_ours(clinic: Clinic) -> None:
    clinic.agree()
    said = clinic.run("show", OWNER).stdout
    for one in (clinic.post.our_sign, clinic.post.our_encrypt):
        assert f"thumbprint {read(one).thumbprint}, serial {read(one).serial}" in said
    assert f"{OWNER} Vaksinasjonstjenesten, a party of ours" in said
    assert f"{CPA_ID} between {HUB} and {OWNER}" in said


def test_one_counterparty(clinic: Clinic) -> None:
    clinic.agree(end=NOW - timedelta(days=1))
    said = clinic.run("show", HUB).stdout
    for words in (
        f"{HUB} Knutepunktet, a counterparty",
        "agreed, not in force",
        "agreement.xml, line 1",
        f"async queue  {HUB}_async",
        "Dialog_Innbygger_Timereservasjon 1.2 as Innbygger",
        "sends HentLedigeTimer, ReserverAvtale",
        read(clinic.post.their_encrypt).thumbprint,
    ):
        assert words in said


@pytest.mark.parametrize("her_id", [OWNER, HUB])
def test_one_party_for_a_program(clinic: Clinic, her_id: str) -> None:
    assert json.loads(clinic.run("show", her_id, "--json").stdout)["her_id"] == her_id


def test_a_party_that_nobody_knows(clinic: Clinic) -> None:
    done = clinic.run("show", "777")
    assert done.exit_code == 1
    assert "There is no party 777" in done.stderr


def test_what_a_file_says_does_not_reach_the_terminal_as_a_command(clinic: Clinic) -> None:
    clinic.profile(name="Knute\u009b31mpunktet")
    for said in (clinic.run("list").stdout, clinic.run("show", HUB).stdout):
        assert "\u009b" not in said
        assert "Knute\ufffd31mpunktet" in said


def test_what_cannot_be_read_does_not_hide_the_rest(clinic: Clinic) -> None:
    clinic.post.put("parties/hub.xml", b"<a/>")
    done = clinic.run("list")
    assert done.exit_code == 0
    assert "hub.xml, line 1: its root is not" in done.stderr
    assert "Vaksinasjonstjenesten" in done.stdout


def test_without_a_seal_our_own_parties_are_there_and_it_says_so(unsealed: Clinic) -> None:
    said = unsealed.run("list").stdout
    assert "Helsestasjonen" in said
    assert "No seal is set" in said
    assert "no seal is set" in unsealed.run("show", OWNER).stdout
    assert unsealed.run("show", HUB).exit_code == 1


def test_it_is_a_part_of_the_command() -> None:
    assert "check" in CliRunner().invoke(app, ["parties", "--help"]).stdout
