"""What the seal costs beside the RSA operations that nobody can do without.

``python tests/benchmarks/seal.py`` prints the medians in microseconds and their ratio: opening to one RSA
decryption and one verification, sealing to one signature and one encryption. Between two parties with
throw-away certificates, an authority between them and the root, and a letter of 4 kB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in {None, ""}:  # run as a script: the repository's root is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.seal import Seal, seal_from_files
from tools.certificates import new_key, write_two_parties

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, EACH = 1_000, 1
LETTER = b"<MsgHead>" + b"x" * 4_000 + b"</MsgHead>"
OURS, THEIRS = "91095", "8093240"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), datetime.now(UTC))


def measure(folder: Path, now: datetime) -> None:
    write_two_parties(folder, OURS, THEIRS, now)
    us, them = (seal_of(folder / her_id) for her_id in (OURS, THEIRS))
    sealed = them.close(LETTER, sender=THEIRS, receiver=OURS, now=now)
    key, how, digest = new_key(), padding.PKCS1v15(), hashes.SHA256()
    public = key.public_key()
    locked, signature = public.encrypt(bytes(32), how), key.sign(LETTER, how, digest)
    medians = measured(
        {
            "decrypt": lambda: key.decrypt(locked, how),
            "verify": lambda: public.verify(signature, LETTER, how, digest),
            "sign": lambda: key.sign(LETTER, how, digest),
            "encrypt": lambda: public.encrypt(bytes(32), how),
            "open": lambda: us.open(sealed, sender=THEIRS, receiver=OURS, now=now),
            "close": lambda: us.close(LETTER, sender=OURS, receiver=THEIRS, now=now),
        }
    )
    for whole, parts in {"open": ("decrypt", "verify"), "close": ("sign", "encrypt")}.items():
        bare = sum(medians[part] for part in parts)
        took = medians[whole]
        print(f"{whole:6} {took:4.0f} µs, bare RSA {bare:4.0f} µs, ratio {took / bare:.2f}")  # noqa: T201


def seal_of(folder: Path) -> Seal:
    return seal_from_files(
        folder / "keys", folder / "parties", folder / "authorities", [str(folder / "revocation")]
    )


def measured(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median of each in microseconds; in turns, so that each finds cold what the last has used."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            for _ in range(EACH):
                start = time.perf_counter()
                call()
                times[name].append((time.perf_counter() - start) * 1e6)
    return {name: statistics.median(taken) for name, taken in times.items()}


if __name__ == "__main__":
    main()
