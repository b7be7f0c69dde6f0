"""`make demo`: the whole of timebok at work, for somebody who has never seen it.

A broker, a store, the real command `timebok serve`, and a hub that plays every message in fixtures/. With
`make demo SEALED=1` the two sign and encrypt what they send each other, with keys made on the spot. All of it
is thrown away afterwards, whatever happens: it must leave no process, no file and no queue behind.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console

from adapter.addressing import is_her_id
from adapter.database import open_engine
from adapter.playing.cases import Circumstances, find_circumstances
from adapter.playing.filling import enter_what_staff_did
from adapter.settings import Settings
from tools.broker import Broker, NoBroker, broker
from tools.certificates import write_two_sides
from tools.demo_queues import demo_queues, existing, remove, senders
from tools.private_node import NodeFailed
from tools.running import Service, ServiceFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
TIMEBOK = Path(sys.executable).with_name("timebok")
INTERRUPTED = 130

console = Console(highlight=False, soft_wrap=True)


class DemoFailed(Exception):
    """Something did not work as it has to; the message says what."""


def main(*, sealed: bool = False) -> int:
    """Plays the demonstration; 0 when everything was as it has to be."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    logging.getLogger().addHandler(logging.NullHandler())  # what is wrong, we say ourselves
    began = time.monotonic()
    os.chdir(ROOT)  # so that everything is called by its name in the repository
    circumstances = find_circumstances([FIXTURES])
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="timebok-demo-")))
            found = _find_broker(stack)
            if found is None:
                _play_in_process(sealed=sealed)
            else:
                _play_over(found, folder, circumstances, sealed=sealed)
    except (DemoFailed, ServiceFailed) as error:
        console.print(f"\n{error}", style="bold red", markup=False)
        return 1
    console.print(
        f"\n[bold]All of it was as it has to be[/], in {time.monotonic() - began:.0f} seconds. "
        "Nothing is left running, and no file.\n"
        "Read on in README.md; the messages are in fixtures/, and how it is built in docs/architecture.md."
    )
    return 0


def _find_broker(stack: ExitStack) -> Broker | None:
    _step(1, "A broker")
    began = time.monotonic()
    try:
        found = stack.enter_context(broker())
    except (NoBroker, NodeFailed) as error:
        _say(f"{error}\nSo all of it is played in process now: the same messages, and no queue.")
        return None
    _say(f"{found.origin}, there after {time.monotonic() - began:.1f} s")
    return found


def _play_over(found: Broker, folder: Path, circumstances: Circumstances, *, sealed: bool) -> None:
    _step(2, "A booking store, with the calendars of a small municipality")
    environment = _environment(
        TIMEBOK_AMQP_URL=found.url,
        TIMEBOK_DATABASE_URL=f"sqlite:///{folder / 'timebok.db'}",
        TIMEBOK_LOG_FORMAT="text",
        **({"TIMEBOK_NOW": circumstances.now.isoformat()} if circumstances.now else {}),
    )
    if circumstances.patients_key_file:
        environment["TIMEBOK_PATIENTS_KEY_FILE"] = str(circumstances.patients_key_file)
    _say(_timebok(environment, "calendar", "import", *map(str, circumstances.calendars)))
    for one in circumstances.patients:
        _say(_timebok(environment, "patients", "import", one.name, str(one.file), "--her-id", one.her_id))
    _say(_enter_what_staff_did(environment, circumstances))
    theirs = environment
    if sealed:
        environment, theirs = _sealed(environment, folder / "seal", circumstances)
    with _borrowed(found, environment):
        _step(3, "The service")
        with Service([str(TIMEBOK), "serve"], environment, folder / "service.log") as service:
            took = service.wait_until_ready()
            _say(f"timebok serve, ready after {took:.1f} s; its clock says {circumstances.now}")
            try:
                _play(4, "and what came back", theirs, "--amqp", found.url)
            except DemoFailed as error:
                raise DemoFailed(f"{error}\n\n{service.last_words()}") from None
            _step(5, "Three of them, as the service remembers them (timebok messages show)")
            for what, message_id in _three(environment):
                _say(f"{what}\n{_timebok(environment, 'messages', 'show', message_id)}")
            _step(6, "The end: SIGTERM")
            _say(f"the service has finished what it had in hand, and stopped after {service.stop():.1f} s")


def _enter_what_staff_did(environment: dict[str, str], circumstances: Circumstances) -> str:
    """Not by command, as a clinic would, since the messages name what there is by ids that are fixed."""
    engine = open_engine(environment["TIMEBOK_DATABASE_URL"])
    settings = Settings(now=circumstances.now, patients_key_file=circumstances.patients_key_file)
    enter_what_staff_did(engine, settings, circumstances)
    engine.dispose()
    done = f"{len(circumstances.referrals)} referrals, {len(circumstances.appointments)} appointments"
    return f"what staff have done before: {done}"


def _play_in_process(*, sealed: bool) -> None:
    if sealed:
        raise DemoFailed("Between two that are one process there is nothing to seal: this takes a broker.")
    _play(2, "and what came back, in process", _environment())


def _sealed(
    environment: dict[str, str], folder: Path, circumstances: Circumstances
) -> tuple[dict[str, str], dict[str, str]]:
    """The settings of the service and those of the hub: each has the certificates of the other's keys."""
    now = Settings(now=circumstances.now).clock()
    sides = {"clinic": _owners(environment), "hub": sorted(filter(is_her_id, senders(FIXTURES)))}
    write_two_sides(folder, sides, now)
    _say("Clinic and hub have keys of their own, made just now: all that they send each other is sealed.")
    ours, theirs = (
        {
            "TIMEBOK_SEAL_KEYS": str(folder / side / "keys"),
            "TIMEBOK_SEAL_PARTIES": str(folder / side / "parties"),
            "TIMEBOK_SEAL_AUTHORITIES": str(folder / side / "authorities"),
            "TIMEBOK_SEAL_REVOCATION_LISTS": str(folder / side / "revocation"),
        }
        for side in sides
    )
    return environment | ours, environment | theirs


def _owners(environment: dict[str, str]) -> list[str]:
    """The HER-ids that have calendars in the store."""
    lines = _timebok(environment, "calendar", "list", "--json").splitlines()
    return sorted({json.loads(line)["her_id"] for line in lines})


def _play(number: int, what_follows: str, environment: dict[str, str], *options: str) -> None:
    _step(number, f"The hub plays every message in {FIXTURES.name}/, {what_follows}")
    command = [str(TIMEBOK), "replay", FIXTURES.name, *options]
    if subprocess.run(command, env=environment, check=False).returncode:
        raise DemoFailed("Not everything that came back is what the fixtures expect: see NO above.")


def _three(environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The ids of a booking, a cancellation and a refusal, the newest of each."""
    lines = _timebok(environment, "messages", "list", "--json", "--limit", "1000").splitlines()
    messages = [json.loads(line) for line in lines]

    def answered_with(code: str) -> Iterator[dict[str, Any]]:
        return (
            one for one in messages if any(sent["code"] == code and sent["receipt"] for sent in one["sent"])
        )

    kinds = {
        "A booking:": (one for one in answered_with("05") if one["function"].endswith("TIMEBESTILLING")),
        "A cancellation:": answered_with("08"),
        "One that is refused:": (one for one in messages if one["outcome"] == "refused"),
    }
    for what, found in kinds.items():
        if message := next(found, None):
            yield what, message["message_id"]


@contextmanager
def _borrowed(found: Broker, environment: dict[str, str]) -> Iterator[None]:
    """On a broker that is somebody's: keeps away from queues that are, and takes ours away again."""
    if found.node is not None:
        yield
        return
    names = demo_queues(FIXTURES, _owners(environment))
    try:
        there = asyncio.run(existing(found.url, names))
    except ConnectionError as error:
        raise DemoFailed(f"{found.origin} does not answer: {error}") from None
    if there:
        raise DemoFailed(
            f"{found.origin} has queues that the demo would use: {', '.join(there)}. "
            "They may be somebody's. Name another broker or virtual host, or delete them."
        )
    try:
        yield
    finally:
        asyncio.run(remove(found.url, names))


def _timebok(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [str(TIMEBOK), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoFailed(f"timebok {' '.join(arguments[:2])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.rstrip()


def _environment(**settings: str) -> dict[str, str]:
    """Ours, but none of the settings of a timebok that somebody may have set up here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBOK_")}
    return kept | settings


def _step(number: int, title: str) -> None:
    console.print(f"\n[bold]{number}  {title}[/]")


def _say(text: str) -> None:
    for line in text.splitlines():
        console.print(f"   {line}", markup=False)


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # tidying up takes a second, and must not be cut short
    sys.exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main(sealed="--sealed" in sys.argv[1:]))
