"""The key under which the clinic's lists of patients are kept, from its file.

Without it nobody is in a list, so a calendar for a group is closed to all, and nobody can be kept out by
name: a service that has lists and no key for them does not start. The key is in no setting, log or error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import KeysUnavailable
from adapter.secret_file import SecretUnavailable, read_secret
from handlers.desk.groups import KEY_BYTES, fingerprint_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTING = "TIMEBOK_PATIENTS_KEY_FILE"
HOW_TO = f"Make one with: openssl rand -hex {KEY_BYTES} > patients.key (and keep it as long as the lists)."


def read_fingerprint(file: Path) -> Callable[[str], str]:
    """What makes fingerprints under the key in ``file``, which is text: all of it but the blanks around it.

    Raises ``KeysUnavailable``, in words that hold nothing of the key.
    """
    try:
        return fingerprint_with(read_secret(file, SETTING).strip().encode())
    except SecretUnavailable as error:
        raise KeysUnavailable(f"{error}. {HOW_TO}") from None
    except ValueError as error:
        raise KeysUnavailable(f"{SETTING} names {file}: {error}. {HOW_TO}") from None
