"""What staff do by command, and what a hub on a real RabbitMQ hears of it: each change, in order. (C5)"""

from __future__ import annotations

import json
import random
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.reliability.hub import Hub
from tests.reliability.processes import KILLED, Process, Processes
from tests.reliability.sealed import SealedHub
from tests.reliability.store import Store
from tests.reliability.waiting import eventually
from tests.support.certificates import Post
from tests.support.people import LINE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PERSON = json.dumps(
    {
        "national_id": LINE.national_id,
        "family_name": LINE.family_name,
        "given_name": LINE.given_name,
        "reason": "Hemmelig hoste",
    }
)
SLOTS = 20
E35 = '<Error V="E35" S="2.16.578.1.12.4.1.1.8221" DN="Pasienten finnes ikke i mottakersystemet"/>'
#: When the store's slots are over, as the clock of a service or a command may have it.
LATER = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%dT%H:%M}"


class Clinic:
    """A clinic's staff, its service, and the hub."""

    def __init__(self, hub: Hub, store: Store, services: Processes, folder: Path) -> None:
        self.hub, self.store, self.services, self.folder = hub, store, services, folder
        self._slots = iter(store.slots)

    async def serve(self, **settings: Any) -> Process:
        service = self.services.start(**settings)
        await eventually(lambda: bool(service.said("serving")), "it serves", details=service.last_words)
        return service

    async def staff(self, *arguments: str, **settings: str) -> dict[str, Any]:
        """What ``timebok appointment`` says in JSON."""
        said = await self.services.run("appointment", *arguments, "--json", said=PERSON, **settings)
        done: dict[str, Any] = json.loads(said)
        return done

    async def book(self) -> str:
        """Book the next slot; the appointment's id."""
        return str((await self.staff("book", self.slot()))["id"])

    def slot(self) -> str:
        return next(self._slots).id

    async def notices(self) -> list[dict[str, Any]]:
        """What was sent as the clinic sees it, the first one first."""
        lines = await self.services.run("messages", "list", "--notices", "--json")
        return [json.loads(line) for line in lines.splitlines()][::-1]

    async def has_heard(self, *all_of_it: tuple[str, str]) -> None:
        """Wait until the hub has all of it, and nothing else. Of one appointment it has come in its order."""
        expected = sorted(all_of_it)
        await eventually(
            lambda: len(self.hub.notices()) >= len(all_of_it), "it hears", details=self.services.last_words
        )
        heard = self.hub.notices()
        assert sorted(heard) == expected
        for appointment in {one for one, _code in all_of_it}:
            in_order = [one for one in all_of_it if one[0] == appointment]
            assert [one for one in heard if one[0] == appointment] == in_order

    async def is_receipted(self, status: str) -> list[dict[str, Any]]:
        """Wait until the hub's receipts are on all that was sent."""
        found: list[dict[str, Any]] = []

        async def all_are() -> bool:
            found[:] = await self.notices()
            return bool(found) and all(one["receipt"] == status for one in found)

        await eventually(all_are, "the receipts are noted", details=self.services.last_words)
        return found


def somebody() -> str:
    """A HER-id that no other test uses."""
    return str(random.randint(10_000_000, 999_999_999))


@pytest.fixture
async def open_clinic(amqp_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    with ExitStack() as stack:
        clinics: list[Clinic] = []

        async def open_clinic(post: Post | None = None, **settings: str) -> Clinic:
            mine, theirs = post.theirs if post else somebody(), somebody()
            store = Store(f"sqlite:///{tmp_path / 'timebok.db'}")
            stack.callback(store.close)
            store.open_clinic(theirs, SLOTS, two_step=False)
            portal = {"portal_her_id": mine, "portal_name": "Digital dialog"}
            parent = {"portal_parent_her_id": "8093239", "portal_parent_name": "Helsenorge"}
            services = Processes(
                tmp_path,
                amqp_url=amqp_url,
                database_url=store.url,
                her_ids=theirs,
                resend_after="0.2",
                log_level="debug",
                **portal,
                **parent,
                **settings,
            )
            stack.callback(services.close)
            hub = SealedHub(amqp_url, mine, theirs, post) if post else Hub(amqp_url, mine, theirs)
            await hub.open()
            clinics.append(Clinic(hub, store, services, tmp_path))
            return clinics[-1]

        yield open_clinic
        said = "".join(one._log.read_text() for clinic in clinics for one in clinic.services.all)
        assert not [one for one in (LINE.national_id, LINE.family_name, "Hemmelig") if one in said]
        stack.close()  # the service before the queues, else it declares them anew
        for clinic in clinics:
            assert clinic.hub.strange == []
            await clinic.hub.close()


async def test_what_staff_do_reaches_the_hub_as_it_is_done(open_clinic: Callable[..., Any]) -> None:
    clinic = await open_clinic()
    service = await clinic.serve(now=LATER)
    first = await clinic.book()
    await clinic.has_heard((first, "05"))
    await clinic.staff("move", first, clinic.slot(), "--reason", "Legen er syk")
    await clinic.has_heard((first, "05"), (first, "07"))
    await clinic.staff("cancel", first, "--reason", "Stengt")
    second = await clinic.book()
    await clinic.staff("no-show", second, now=LATER)
    everything = [(first, "05"), (first, "07"), (first, "08"), (second, "05"), (second, "11")]
    await clinic.has_heard(*everything)
    noted = await clinic.is_receipted("1")
    assert [(one["appointment"], one["code"]) for one in noted] == everything
    await service.stop()


async def test_all_that_was_done_while_nobody_served_comes_in_order_though_the_first_to_send_it_is_killed(
    open_clinic: Callable[..., Any],
) -> None:
    clinic = await open_clinic()
    appointments = [await clinic.book() for _ in range(2)]
    for appointment in appointments:
        await clinic.staff("move", appointment, clinic.slot())
        await clinic.staff("cancel", appointment)
    everything = [(one, code) for one in appointments for code in ("05", "07", "08")]
    dying = [clinic.services.start("claimed"), clinic.services.start("after-mark")]
    for one in dying:
        assert await one.ended() == KILLED
    await clinic.serve()
    await clinic.is_receipted("1")
    once = {one.message_id: (one.uid, one.code) for one in clinic.hub.answers if one.kind == "notice"}
    assert len(once) == len(everything)
    for appointment in appointments:
        assert [code for uid, code in once.values() if uid == appointment] == ["05", "07", "08"]


async def test_under_seal_the_hub_opens_it_and_what_it_says_to_it_is_shown(
    open_clinic: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "post"
    folder.mkdir()
    clinic = await open_clinic(
        Post(folder, theirs=somebody(), now=datetime.now(UTC)),
        seal_keys=str(folder / "keys"),
        seal_parties=str(folder / "parties"),
        seal_authorities=str(folder / "authorities"),
        seal_revocation_lists=str(folder / "revocation"),
    )
    clinic.hub.status_of_notices, clinic.hub.errors_of_notices = "2", E35
    await clinic.serve()
    appointment = await clinic.book()
    await clinic.has_heard((appointment, "05"))
    await clinic.is_receipted("2")
    for command in (("list", "--notices"), ("show", appointment)):
        shown = await clinic.services.run("messages", *command)
        assert "rejected E35 (the citizen is not digitally active)" in shown
    assert [row.body for row in clinic.store.read().outbox if b"MsgHead" in row.body] == []
