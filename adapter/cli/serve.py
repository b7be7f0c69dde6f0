"""``timebok serve``: the service. The signals of a container end it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

import structlog
import typer
import uvloop

from adapter.database.log_keeper import log_brought_in
from adapter.service import check_lists, make_engine, make_service, parties
from adapter.serving import Service
from adapter.settings import Settings
from adapter.telemetry import configure_logging

log = structlog.get_logger(__name__)

_KILLED = 130
_OUT_OF_TIME = 1

app = typer.Typer(add_completion=False)


@app.command()
def serve() -> None:
    """Serve the queues of every owner in the store (or of TIMEBOK_HER_IDS) until SIGTERM or Ctrl-C.

    The first signal finishes what is in hand; a second one stops at once. Nothing is lost either way.
    """
    settings = Settings()
    configure_logging(settings)
    if settings.now is not None:
        log.warning("the clock is set by TIMEBOK_NOW: this is a try-out", now=settings.clock().isoformat())
    engine = make_engine(settings)
    her_ids = parties(settings, engine)
    check_lists(settings, engine)
    service = make_service(settings, engine, her_ids)
    gc.collect()
    gc.freeze()  # what is there by now stays; looking through it again and again costs a tenth of the speed
    with log_brought_in(engine), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ended_well = runner.run(_until_told_to_stop(service, her_ids))
    if not ended_well:
        os._exit(_OUT_OF_TIME)  # whatever hangs in the store would not let us go
    engine.dispose()


async def _until_told_to_stop(service: Service, her_ids: list[str]) -> bool:
    told = False

    def on_signal() -> None:
        nonlocal told
        if told:
            os._exit(_KILLED)
        told = True
        service.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return await service.run(her_ids)
