"""The key under which the clinic's lists of patients are kept, from its file.

Without it nobody is in a list, so a calendar for a group is closed to all, and nobody can be kept out by
name: a service that has lists and no key for them does not start. The key is in no setting, log or error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import KeysUnavailable
from handlers.desk.groups import KEY_BYTES, fingerprint_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTING = "TIMEBOK_PATIENTS_KEY_FILE"
HOW_TO = f"Make one with: openssl rand -hex {KEY_BYTES} > patients.key (and keep it as long as the lists)."
_LARGEST = 10_000


def read_fingerprint(file: Path) -> Callable[[str], str]:
    """What makes fingerprints under the key in ``file``: its bytes, without the line's end if it is text.

    Raises ``KeysUnavailable``, in words that hold nothing of the key.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError as error:
        raise KeysUnavailable(
            f"{SETTING} names {file}, which cannot be read: {error.strerror}. {HOW_TO}"
        ) from None
    if len(content) > _LARGEST:
        raise KeysUnavailable(f"{SETTING} names {file}, which is too large to be a key. {HOW_TO}")
    key = content.strip() if content.isascii() else content
    try:
        return fingerprint_with(key)
    except ValueError as error:
        raise KeysUnavailable(f"{SETTING} names {file}: {error}. {HOW_TO}") from None
