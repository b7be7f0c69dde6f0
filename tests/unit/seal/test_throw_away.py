"""The command that makes throw-away certificates makes all that two parties need."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapter.seal import Seal, seal_from_files

ROOT = Path(__file__).parents[3]
XML = b"<MsgHead/>"


def seal_of(folder: Path) -> Seal:
    rooms = (folder / room for room in ("keys", "parties", "authorities"))
    return seal_from_files(*rooms, [str(folder / "revocation")])


def test_two_parties_can_send_each_other_sealed_messages(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "certificates.py"), str(tmp_path), "91095", "8093240"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "worth nothing" in done.stdout
    now = datetime.now(UTC)
    us, them = seal_of(tmp_path / "91095"), seal_of(tmp_path / "8093240")
    asked = them.close(XML, sender="8093240", receiver="91095", now=now)
    assert us.open(asked, sender="8093240", receiver="91095", now=now).content == XML
    for one, other in ((us, "8093240"), (them, "91095")):
        party = one.find(other)
        assert party is not None
        assert party.agreement_with("91095" if other == "8093240" else "8093240", now)
    answered = us.close(XML, sender="91095", receiver="8093240", now=now)
    assert them.open(answered, sender="91095", receiver="8093240", now=now).content == XML


def test_it_says_what_it_wants() -> None:
    command = [sys.executable, str(ROOT / "tools" / "certificates.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FOLDER OURS THEIRS" in done.stderr
