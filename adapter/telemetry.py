"""Logs: one line an event, to standard error, as JSON or as text for a terminal.

What is logged are ids, codes and counts. No name, number, phone or text of a patient is ever handed to a
logger, and an exception's own words are not either, since they may quote one.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

import orjson
import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict

    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from adapter.settings import Settings

log = structlog.get_logger("timebok.messages")

_FRAMES = 4  # of an exception, the innermost

# What a peer wrote where an id or a code belongs, which may be anything: a line of a log of its own, commands
# to a terminal, somebody's number.
_ID = re.compile(r"[!-~]{1,255}")
_IDENTITY_NUMBER = re.compile("[0-9]{11}(?![0-9])(?<![0-9]{12})")  # quick: it looks back last


def configure_logging(settings: Settings) -> None:
    """Set up structlog for the process. Libraries' own logs pass from warnings up, through the same door."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer = (
        structlog.processors.JSONRenderer(serializer=_json)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_words,
    ]
    lines = structlog.WriteLogger(sys.stderr)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for library in ("aio_pika", "aiormq"):  # tracebacks at every loss, and whole frames when debugging
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _drop_words(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Of an exception its type and place: its words, and what its variables held, may be a patient's."""
    given = entry.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if given and not isinstance(error, BaseException):  # ``True``: whichever is being handled
        error = sys.exception()
    if isinstance(error, BaseException):
        entry.update(without_words(error))
    return entry


def without_words(error: BaseException) -> dict[str, Any]:
    """What a log may tell of an exception: its type (``error``), and the innermost functions (``where``)."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "where": [f"{frame.name}:{frame.lineno}" for frame in frames],
    }


def _json(entry: object, **_: object) -> str:
    return orjson.dumps(entry, default=repr).decode()


def tell(inbound: Inbound, outcome: Outcome) -> None:
    """Log what became of a message."""
    properties, about = inbound.properties, outcome.about
    emit = log.info if type(outcome).__name__ in {"Answered", "Noted"} else log.warning
    emit(
        type(outcome).__name__.lower(),
        queue=inbound.queue,
        sender=_shown(properties.from_her_id),
        message_id=_shown(properties.message_id),
        msg_id=_shown(about.msg_id),
        function=_shown(about.function),
        code=_shown(about.code),
        reason=getattr(outcome, "reason", None),
        sent=[dispatch.code for dispatch in getattr(outcome, "dispatches", ())],
    )


def _shown(text: str | None) -> str | None:
    if text is None:
        return None
    return _IDENTITY_NUMBER.sub("(number)", text) if _ID.fullmatch(text) else "(not an id)"
