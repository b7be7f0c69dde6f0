"""What `timebok messages` says of an error message that came back: it is shown on the message it is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from adapter.batch import Batches
from adapter.cli.app import app
from adapter.database import open_engine
from adapter.message import Lane
from adapter.outcome import Kind
from adapter.pipeline import Pipeline
from tests.support import letters
from tests.support.clinic import NOW, OWNER, fill
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.message import Inbound

CONDITION = "transport:decryption-failed"


@pytest.fixture
def asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: Helsenorge, letter: Callable[..., Inbound]
) -> str:
    """The id of a reservation whose reply the hub could not open."""
    url = f"sqlite:///{tmp_path / 'timebok.db'}"
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    batches = Batches(engine, Pipeline(dialect, [OWNER]), lambda: NOW, lambda: str(uuid4()))
    question = letter(letters.reserve("K1"))
    (outcome,) = batches.process([question])
    (reply,) = [one for one in outcome.dispatches if one.kind is Kind.REPLY]  # type: ignore[union-attr]
    about = {"originalMessageId": reply.outbound.properties.message_id or "", "errorCondition": CONDITION}
    batches.process([inbound(b"", lane=Lane.ERROR, headers=about)])
    engine.dispose()
    return question.properties.message_id or ""


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["messages", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_an_error_message_is_shown_on_the_message_that_it_is_about(asked: str) -> None:
    (line,) = [line for line in said("show", asked).splitlines() if "hub says" in line]
    assert f"error {CONDITION}" in line
    (row,) = [line for line in said("list").splitlines() if asked in line]
    assert f"error {CONDITION}" in row
    (one,) = [json.loads(line) for line in said("show", asked, "--json").splitlines()]
    noted = {sent["kind"]: (sent["receipt"], sent["receipt_errors"]) for sent in one["sent"]}
    assert noted == {"apprec": (None, None), "reply": ("error", CONDITION)}
