"""Sealed letters for the benchmark, and what the seal costs beside the RSA operations it cannot do without.

Two parties with throw-away certificates, an authority between them and the root: all of it is made for the
run. The bare operations are those of the same library: one decryption and one verification to open, one
signature and one encryption to seal.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.seal import CONTENT_TYPE, Seal, seal_from_files
from tools.certificates import new_key, write_two_parties

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.bench import Bench
    from tests.benchmarks.traffic import Letter, Parties, Traffic

_TIMES = 500
_LETTER = b"<MsgHead>" + b"x" * 4_000 + b"</MsgHead>"
_WHOLE = {"open": ("decrypt", "verify"), "close": ("sign", "encrypt")}


async def seal(bench: Bench) -> None:
    """Measure opening and sealing, each to its bare operations."""
    rounds = [_round(bench) for _ in range(bench.rounds)]
    bench.found["seal"] = rounds
    for what in _WHOLE:
        took, ratio = (median(one[what][name] for one in rounds) for name in ("microseconds", "ratio"))
        bench.say(f"seal, {what}: {took:.0f} µs, {ratio:.2f} times the bare RSA operations")


def under_seal(folder: Path, traffic: Traffic) -> list[Letter]:
    """The letters as the hub sends them where every message is sealed."""
    hub, clinic = traffic.parties.hub, traffic.parties.clinic
    close, now = _seal_of(folder, traffic.parties, hub).close, datetime.now(UTC)
    return [
        replace(one, body=close(one.body, sender=hub, receiver=clinic, now=now), content_type=CONTENT_TYPE)
        for one in traffic.letters
    ]


def seal_settings(folder: Path, parties: Parties) -> dict[str, str]:
    """Timebok's settings for the clinic's side of the seal."""
    ours = _certificates(folder, parties) / parties.clinic
    return {
        "seal_keys": str(ours / "keys"),
        "seal_parties": str(ours / "parties"),
        "seal_authorities": str(ours / "authorities"),
        "seal_revocation_lists": str(ours / "revocation"),
    }


@cache
def _certificates(folder: Path, parties: Parties) -> Path:
    made = folder / "certificates"
    write_two_parties(made, parties.clinic, parties.hub, datetime.now(UTC))
    return made


def _seal_of(folder: Path, parties: Parties, her_id: str) -> Seal:
    theirs = _certificates(folder, parties) / her_id
    return seal_from_files(
        theirs / "keys", theirs / "parties", theirs / "authorities", [str(theirs / "revocation")]
    )


def _round(bench: Bench) -> dict[str, dict[str, float]]:
    parties, now = bench.parties, datetime.now(UTC)
    us, them = (_seal_of(bench.folder, parties, one) for one in (parties.clinic, parties.hub))
    sealed = them.close(_LETTER, sender=parties.hub, receiver=parties.clinic, now=now)
    key, how, digest = new_key(), padding.PKCS1v15(), hashes.SHA256()
    public = key.public_key()
    locked, signature = public.encrypt(bytes(32), how), key.sign(_LETTER, how, digest)
    calls: dict[str, Callable[[], Any]] = {
        "decrypt": lambda: key.decrypt(locked, how),
        "verify": lambda: public.verify(signature, _LETTER, how, digest),
        "sign": lambda: key.sign(_LETTER, how, digest),
        "encrypt": lambda: public.encrypt(bytes(32), how),
        "open": lambda: us.open(sealed, sender=parties.hub, receiver=parties.clinic, now=now),
        "close": lambda: us.close(_LETTER, sender=parties.clinic, receiver=parties.hub, now=now),
    }
    medians = _medians(calls, bench.scaled(_TIMES))
    bare = {whole: sum(medians[part] for part in parts) for whole, parts in _WHOLE.items()}
    return {
        whole: {"microseconds": medians[whole], "bare": bare[whole], "ratio": medians[whole] / bare[whole]}
        for whole in _WHOLE
    }


def _medians(calls: dict[str, Callable[[], Any]], times: int) -> dict[str, float]:
    """The median of each in microseconds; in turns, so that each finds cold what the last has used."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - began) * 1e6)
    return {name: median(each) for name, each in taken.items()}
