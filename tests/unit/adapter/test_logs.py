"""Nothing of a patient is in any log line, at any level, whatever happens to the message. (Promise P8)"""

from __future__ import annotations

import io
import json
import logging
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import pytest
import structlog

import handlers
from adapter.outcome import RetryLater
from adapter.settings import Settings
from adapter.telemetry import configure_logging, tell
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import inbound
from tests.support.people import KARI, LINE, OLA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapter.batch import Batches
    from adapter.message import Inbound

    Letter = Callable[..., Inbound]
    Logged = Callable[[], list[dict[str, object]]]

REASON = "Kløe på venstre albue"
SECRETS = [
    REASON,
    "albue",
    *(LINE.national_id, LINE.family_name, LINE.phone, "99999901"),
    *(KARI.national_id, KARI.family_name, "99999902"),
    OLA.national_id,
]
WISH = letters.reserve("K1", reason=REASON).but(
    relation=letters.RELATION.format(person=letters.PARENT.format(id=KARI.national_id), code="FO")
)
MESSAGES = {
    **{name: parts.but(relation=WISH.relation) for name, parts in letters.EVERY_REQUEST.items()},
    "with a reason": WISH,
    "declined": WISH.but(event=letters.event_of("K0")),
    "no such time": WISH.but(event=letters.event_of("K1", uid="none")),
    "a bad number": WISH.but(patient=WISH.patient.replace(LINE.national_id, LINE.national_id[::-1])),
    "two numbers": WISH.but(
        patient=WISH.patient.replace("</Ident>", f"</Ident>{'<Ident><Id>1</Id></Ident>'}")
    ),
    "a broken schema": WISH.but(generated=f"attribute '{LINE.national_id}' missing"),
    "a number for a date": letters.slot_query(LINE.national_id, LINE.family_name),
    "a number for a her-id": WISH.but(
        sender=letters.organisation("1", "x", letters.organisation(KARI.national_id, "y"))
    ),
    "torn": WISH,
    "poison": WISH,
}


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """Every line that was logged, of ours and of every library, down to the last detail."""
    root, written = logging.getLogger(), io.StringIO()
    handlers_before = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in (None, "aio_pika", "aiormq")}
    with redirect_stderr(written):
        configure_logging(Settings(log_level="debug"))
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = handlers_before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def message(name: str, letter: Callable[..., Inbound]) -> Inbound:
    made = letter(MESSAGES[name])
    if name != "torn":
        return made
    return inbound(made.body[: made.body.index(b"</MsgInfo>") + 40], subject=made.properties.subject)


@pytest.mark.parametrize("name", MESSAGES)
def test_nothing_of_a_patient_is_logged(
    batches: Batches, letter: Letter, logged: Logged, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "poison":

        def fail(request: object, _desk: object) -> None:
            raise KeyError(f"{request!r} {LINE.family_name} {REASON}")

        monkeypatch.setattr(handlers, "handle", fail)
    made = message(name, letter)
    (outcome,) = batches.process([made])
    tell(made, outcome)
    lines = logged()
    shown = json.dumps(lines, ensure_ascii=False) + repr(outcome.about) + repr(getattr(outcome, "reason", ""))
    assert lines
    assert isinstance(outcome, RetryLater) is (name == "poison")
    assert not [secret for secret in SECRETS if secret in shown]


def test_what_is_logged_is_enough_to_find_the_message(
    batches: Batches, letter: Letter, logged: Logged
) -> None:
    made = letter(WISH.but(msg_id="0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001"))
    tell(made, batches.process([made])[0])
    line = logged()[-1]
    assert (line["event"], line["level"], line["queue"]) == ("answered", "info", f"{OWNER}_async")
    assert line["message_id"] == made.properties.message_id
    assert line["msg_id"] == "0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001"
    assert (line["function"], line["code"], line["sent"]) == (letters.FUNCTIONS["RT"], "RT", ["1", "05"])


def test_what_did_not_go_well_is_a_warning(batches: Batches, logged: Logged) -> None:
    made = inbound(b"no xml")
    tell(made, batches.process([made])[0])
    line = logged()[-1]
    assert (line["event"], line["level"], line["reason"]) == (
        "refused",
        "warning",
        "transport:not-well-formed-xml",
    )


def test_a_failure_of_ours_is_logged_with_its_place_and_without_its_words(
    batches: Batches, letter: Letter, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise KeyError(LINE.family_name)

    monkeypatch.setattr(handlers, "handle", fail)
    batches.process([letter(WISH)])
    (line,) = logged()
    assert (line["event"], line["error"]) == ("batch failed", "KeyError")
    assert any(str(place).startswith("fail:") for place in line["where"])


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("whose", [structlog.get_logger, logging.getLogger], ids=["ours", "a library's"])
def test_an_exception_is_logged_without_its_words_and_variables(
    logged: Logged, log_format: Any, whose: Callable[[str], Any]
) -> None:
    """``logged`` puts back what is set up here."""
    assert logged() == []

    def fail(name: str) -> None:
        raise KeyError(name)

    with redirect_stderr(io.StringIO()) as written:
        configure_logging(Settings(log_format=log_format))
        try:
            fail(LINE.family_name)
        except KeyError:
            whose("somebody").exception("it failed")
    line = written.getvalue()
    assert all(word in line for word in ("it failed", "KeyError", "fail:"))
    assert not [secret for secret in SECRETS if secret in line]
