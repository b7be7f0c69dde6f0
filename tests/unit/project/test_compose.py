"""As much of compose.yaml and the Dockerfile as can be checked where no Docker engine is."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from adapter.cli.app import app
from adapter.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
# Without comments, and with each instruction on a line of its own.
DOCKERFILE = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
DOCKERFILE = re.sub(r"\\\n\s*", "", DOCKERFILE)


def instructions(name: str, of: str = DOCKERFILE) -> list[str]:
    return re.findall(rf"^{name} (.*)$", of, re.MULTILINE)


def last_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("FROM ") :]


# --- compose.yaml


def test_there_are_a_broker_its_calendars_and_the_service() -> None:
    assert set(SERVICES) == {"rabbitmq", "calendars", "timebok"}
    assert SERVICES["rabbitmq"]["image"] == "rabbitmq:4-management"
    assert OURS == ["calendars", "timebok"]
    assert {SERVICES[name]["build"] for name in OURS} == {"."}


def test_everything_starts_in_the_right_order() -> None:
    conditions = {name: one["condition"] for name, one in SERVICES["timebok"]["depends_on"].items()}
    assert conditions == {"rabbitmq": "service_healthy", "calendars": "service_completed_successfully"}
    assert SERVICES["rabbitmq"]["healthcheck"]["test"][:2] == ["CMD", "rabbitmq-diagnostics"]
    assert "healthcheck" not in SERVICES["timebok"], "the image has one"
    assert SERVICES["timebok"]["restart"] == SERVICES["rabbitmq"]["restart"] == "unless-stopped"
    assert SERVICES["calendars"]["restart"] not in {"always", "unless-stopped"}, "it is to end"


def test_the_calendars_are_those_of_the_fixtures() -> None:
    assert "./fixtures/calendars:/calendars:ro" in SERVICES["calendars"]["volumes"]
    command, part, *imported = SERVICES["calendars"]["command"]
    assert (command, part) == ("calendar", "import")
    there = (ROOT / "fixtures" / "calendars").iterdir()
    assert sorted(imported) == sorted(f"/calendars/{file.name}" for file in there)


def test_what_is_to_last_is_on_volumes() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service["volumes"]]
    names = {volume.partition(":")[0] for volume in mounted if not volume.startswith(".")}
    assert names == set(COMPOSE["volumes"])
    for name in OURS:
        assert "store:/var/lib/timebok" in SERVICES[name]["volumes"]


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_variable_has_a_default() -> None:
    assert re.findall(r"\$\{\w+(?!\w|:-)", COMPOSE_TEXT) == []


def test_the_service_is_stopped_no_sooner_than_it_needs() -> None:
    assert int(SERVICES["timebok"]["stop_grace_period"].rstrip("s")) > Settings.model_fields["grace"].default


# --- the Dockerfile


def test_the_image_runs_the_service_as_nobody_in_particular() -> None:
    assert instructions("USER", last_stage()) == ["10001:10001"]
    assert instructions("VOLUME", last_stage()) == ["/var/lib/timebok"]
    assert instructions("ENTRYPOINT", last_stage()) == ['["timebok"]']


def test_everything_is_installed_by_hash_or_from_here() -> None:
    steps = [step for run in instructions("RUN") for step in run.split("&&")]
    installs = [step for step in steps if re.search(r"\bpip\b.* install", step)]
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install
    assert "apt-get" not in DOCKERFILE


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    lines = [line for line in instructions("COPY") if not line.startswith("--from")]
    copied = [source for line in lines for source in line.split()[:-1]]
    assert {"pyproject.toml", "requirements/run.lock", "adapter", "handlers", "schemas"} <= set(copied)
    for source in copied:
        assert (ROOT / source).exists()
        verdict = False
        for pattern in (line for line in ignored if line and not line.startswith("#")):
            if fnmatch(source, pattern.removeprefix("!")):
                verdict = not pattern.startswith("!")
        assert not verdict, f"{source} is ignored"


@pytest.mark.parametrize(("instruction", "command"), [("HEALTHCHECK", "health"), ("CMD", "serve")])
def test_its_commands_are_in_the_command_line(instruction: str, command: str) -> None:
    (written,) = instructions(instruction, last_stage())
    assert f'"{command}"]' in written
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


# --- both


def test_every_setting_that_is_named_is_one() -> None:
    names = set(re.findall(r"TIMEBOK_(\w+)", DOCKERFILE + COMPOSE_TEXT))
    assert {"AMQP_URL", "DATABASE_URL", "HEALTH_PORT"} <= names
    assert names <= {name.upper() for name in Settings.model_fields} | {"CONFIG"}
