"""The day on which a vaccine is released: ten thousand citizens reserve at once, and there are 500 times."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.benchmarks.contenders import TIMEBOK
from tests.benchmarks.runs import measure
from tests.benchmarks.stores import Template
from tests.benchmarks.traffic import Place, Traffic, Writer, citizens, moment, slot_id

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.traffic import Parties

CITIZENS, SLOTS = 10_000, 500


async def rush(bench: Bench) -> None:
    """Measure a rush for one process. That every time went to one citizen is seen to as after every run."""
    traffic = make_rush(bench.parties, bench.scaled(CITIZENS), bench.scaled(SLOTS))
    template = Template(bench.folder, traffic)
    run = await measure(bench, TIMEBOK, traffic, template.copy())
    seconds = len(traffic.letters) / run.rate
    found = {"citizens": len(traffic.letters), "slots": traffic.reserved, "seconds": seconds, **run.as_json()}
    bench.found["rush"] = found
    bench.say(
        f"rush: {found['citizens']} citizens for {traffic.reserved} times, all answered in {seconds:.1f} s "
        f"({run.rate:.0f}/s), at most {run.rss:.0f} MB"
    )


def make_rush(parties: Parties, people: int, slots: int) -> Traffic:
    """As many reservations as there are people, for every slot as many of them, shuffled."""
    writer, numbers = Writer(parties), citizens()
    places = tuple(Place(slot_id(number), "c0", moment(number)) for number in range(slots))
    wanted = [places[number % slots] for number in range(people)]
    random.Random(people).shuffle(wanted)
    letters = tuple(writer.about("RT", next(numbers), place) for place in wanted)
    return Traffic(parties, letters, places, reserved=slots)
