"""A crowd of citizens who look, reserve, confirm, book and cancel, in an order that a seed decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reliability.wishes import Wish, citizens

if TYPE_CHECKING:
    from random import Random

    from handlers.desk.model import Patient
    from tests.reliability.hub import Hub
    from tests.reliability.store import Slot
    from tests.reliability.wishes import Letter, Writer

_NEXT = {Wish.RESERVE: Wish.CONFIRM, Wish.CONFIRM: Wish.CANCEL, Wish.BOOK: Wish.CANCEL}
_GOES_ON = 0.6


class Crowd:
    """Wants ``slots`` through ``hub``. Each citizen wants one, and asks again only when answered."""

    def __init__(self, hub: Hub, writer: Writer, slots: list[Slot], rng: Random) -> None:
        self._hub, self._writer, self._slots, self._rng = hub, writer, slots, rng
        self._people = citizens()
        self._asked: list[tuple[Letter, Patient, Slot]] = []

    async def ask(self, count: int) -> None:
        """Send ``count`` letters: second ones of citizens who were answered, first ones of others."""
        await self._hub.send_all([self._second() or self._first() for _ in range(count)])

    async def keep_asking(self, most: int) -> None:
        """Send a few, unless ``most`` are waiting to be answered."""
        if len(self._hub.unanswered()) < most:
            await self.ask(self._rng.randint(1, 6))

    def everyone(self, count: int) -> list[Letter]:
        """One booking from each of ``count`` citizens, for every slot as many of them, shuffled."""
        wanted = [self._slots[number % len(self._slots)] for number in range(count)]
        self._rng.shuffle(wanted)
        return [self._writer.write(Wish.BOOK, next(self._people), slot) for slot in wanted]

    def _first(self) -> Letter:
        citizen, slot = next(self._people), self._rng.choice(self._slots)
        wish = self._rng.choice([Wish.BOOK, Wish.BOOK, Wish.LOOK, Wish.RESERVE if slot.holds else Wish.BOOK])
        letter = self._writer.write(wish, citizen, slot)
        self._asked.append((letter, citizen, slot))
        return letter

    def _second(self) -> Letter | None:
        """What somebody asks for next who has been told yes; ``None`` when there is nobody, or by chance."""
        if self._rng.random() > _GOES_ON:
            return None
        for number, (letter, citizen, slot) in enumerate(self._asked):
            if not self._hub.is_answered(letter):
                continue
            del self._asked[number]
            reply, wish = self._hub.replies[letter.msg_id], _NEXT.get(letter.wish)
            if wish is None or reply.code != "05":
                return None
            reserved = reply.uid if wish is Wish.CONFIRM else None
            uid = reply.uid if wish is Wish.CANCEL else ""
            next_one = self._writer.write(wish, citizen, slot, uid=uid, related_to=reserved)
            self._asked.append((next_one, citizen, slot))
            return next_one
        return None
