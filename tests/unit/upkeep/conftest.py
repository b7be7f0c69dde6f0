"""A clinic with two parties and a hub whose agreement fits, as they lie in files, and the command."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from adapter.cli import parties as command
from adapter.database import open_engine
from tests.support.certificates import Post
from tests.support.clinic import NOW, OTHER_OWNER, OWNER, fill
from tests.support.envelopes import HUB
from tools.collaboration import CITIZEN, CLINIC, Side, write_agreement, write_profile

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

DAY = timedelta(days=1)
CPA_ID = "51f0ad3e-7f3d-4b37-9d5e-2a0c6f1f9a10"


class Clinic:
    """What lies in its files. A test changes one thing, and hears what ``timebok parties`` says."""

    def __init__(self, post: Post) -> None:
        self.post = post
        sign, encrypt = post.their_sign.certificate, post.their_encrypt.certificate
        self.hub = Side(HUB, "Knutepunktet", CITIZEN, sign, encrypt)
        sign, encrypt = post.our_sign.certificate, post.our_encrypt.certificate
        self.us = Side(OWNER, "Vaksinasjonstjenesten", CLINIC, sign, encrypt)

    def agree(self, name: str = "agreement", **changes: Any) -> None:
        """Put an agreement in place; ``hub`` and ``us`` are changes of the sides."""
        hub = replace(self.hub, **changes.pop("hub", {}))
        us = replace(self.us, **changes.pop("us", {}))
        usual: dict[str, Any] = {"cpa_id": CPA_ID, "start": NOW - 90 * DAY, "end": NOW + 900 * DAY}
        text = write_agreement(hub, us, **(usual | changes))
        self.post.put(f"parties/{name}.xml", text.encode())

    def profile(self, **changes: Any) -> None:
        """Put the hub's profile in place."""
        self.post.put("parties/profile.xml", write_profile(replace(self.hub, **changes)).encode())

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(command.app, list(arguments))

    def check(self, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        """The status of a check, and its lines."""
        done = self.run("check", "--json", *arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]

    def said_among_problems(self) -> list[str]:
        """What is wrong, among warnings and all."""
        return [one["what"] for one in self.check()[1] if one["level"] == "problem"]

    def said(self, level: str, *arguments: str) -> list[str]:
        """What the check says on that level, and nothing on the other."""
        status, lines = self.check(*arguments)
        assert status == (1 if level == "problem" else 0)
        assert {one["level"] for one in lines} == {level}
        return [one["what"] for one in lines]


@pytest.fixture
def unsealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clinic:
    for name in [name for name in os.environ if name.startswith("TIMEBOK_")]:
        monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    url = f"sqlite:///{tmp_path}/timebok.db"
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    monkeypatch.setenv("TIMEBOK_AMQP_URL", "amqp://nobody@127.0.0.1:1/")
    monkeypatch.setenv("TIMEBOK_NOW", NOW.isoformat())
    folder = tmp_path / "post"
    folder.mkdir()
    return Clinic(Post(folder))


@pytest.fixture
def clinic(unsealed: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    for room in ("keys", "parties", "authorities"):
        monkeypatch.setenv(f"TIMEBOK_SEAL_{room.upper()}", str(unsealed.post.folder / room))
    monkeypatch.setenv("TIMEBOK_SEAL_REVOCATION_LISTS", str(unsealed.post.folder / "revocation"))
    monkeypatch.setenv("TIMEBOK_HER_IDS", f"{OWNER},{OTHER_OWNER}")
    return unsealed
