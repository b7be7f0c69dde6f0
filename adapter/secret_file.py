"""Secrets as containers mount them: one secret in a file, and nothing else.

It is read whenever it is needed, so that one that has been changed is taken. Nothing of it may ever be in an
error or a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import TimebokError

if TYPE_CHECKING:
    from pathlib import Path


class SecretUnavailable(TimebokError):
    """A file does not hold the secret that it should. The message names the setting and the file."""


def read_secret(file: Path, setting: str) -> str:
    """The secret in a file, without the line end behind it.

    ``setting`` is what names the file to the operator. Raises ``SecretUnavailable``.
    """
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SecretUnavailable(f"{setting} names {file}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretUnavailable(f"{setting} names {file}, which is no text in UTF-8") from None
    if not secret:
        raise SecretUnavailable(f"{setting} names {file}, which is empty")
    return secret
