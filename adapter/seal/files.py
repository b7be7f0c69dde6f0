"""Files that are put in place by others and may be replaced at any time: keys, certificates, lists.

They are read again when they have changed, without a restart. What cannot be read never takes the place of
what could be: a file may be half written, or a mount may be away for a moment.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

import structlog
from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

T = TypeVar("T")

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_LOOK_EVERY = 2.0  # seconds
_LARGEST = 50_000_000  # bytes; a revocation list may have millions of entries


class Watched(Generic[T]):
    """What ``load`` makes of a file or folder, made anew when one of the files in it has changed.

    Whether they have is looked at no more often than every ``every`` seconds. ``load`` raises ``ValueError``
    or ``OSError`` for what cannot be read; the first time that is passed on, later the old value stays.
    """

    def __init__(self, path: Path, load: Callable[[Path], T], *, every: float = _LOOK_EVERY) -> None:
        self._path = path
        self._load = load
        self._every = every
        self._seen = _stamp(path)
        self._looked = time.monotonic()
        self._value = load(path)

    def get(self) -> T:
        """The newest value that could be read."""
        if time.monotonic() - self._looked >= self._every:
            self._look()
        return self._value

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            stamp = _stamp(self._path)
            if stamp == self._seen:
                return
            self._value = self._load(self._path)
        except (OSError, ValueError) as error:
            # Not the error's own words: they may quote the file. It is tried again, for it may get better.
            log.warning("not read again; the old is kept", path=str(self._path), error=type(error).__name__)
            return
        self._seen = stamp
        log.info("read again", path=str(self._path))


def files_in(path: Path) -> list[Path]:
    """The file itself, or the files in the folder and below it, without what is hidden, in their order.

    What a container mounts lies in a hidden folder, with a link to each file beside it. Raises ``OSError`` if
    one of the folders cannot be read: what is missing then must not look as if it had been taken away.
    """
    return _files_in(path, _raise)


def _files_in(path: Path, on_error: Callable[[OSError], object] | None = None) -> list[Path]:
    if path.is_file():
        return [path]
    found: list[Path] = []
    for folder, folders, names in os.walk(path, followlinks=True, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(found)


def _raise(error: OSError) -> NoReturn:
    raise error


def read_bytes(file: Path) -> bytes:
    """What is in a file. Raises ``ValueError`` if it is larger than anything that we read."""
    if file.stat().st_size > _LARGEST:
        raise ValueError(f"{file.name} is too large")
    return file.read_bytes()


def pem_blocks(data: bytes) -> list[tuple[str, bytes]]:
    """The blocks of PEM text with their labels, such as ``CERTIFICATE``. None if it is not PEM.

    Raises ``ValueError`` if it breaks off within one, as a file does that is still being written.
    """
    blocks = [(match[1].decode("ascii"), match[0]) for match in _BLOCK.finditer(data)]
    if len(blocks) != data.count(b"-----BEGIN "):
        raise ValueError("the PEM text breaks off")
    return blocks


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """Every certificate in PEM text, or the one that the bytes are. Raises ``ValueError`` if that fails."""
    blocks = pem_blocks(data)
    try:
        if not blocks:
            return [x509.load_der_x509_certificate(data)]
        wanted = [block for label, block in blocks if label.endswith("CERTIFICATE")]
        return [x509.load_pem_x509_certificate(block) for block in wanted]
    except x509.InvalidVersion:
        raise ValueError("a certificate is of a version that there is not") from None
    except ValueError:  # its words are for whoever writes decoders
        raise ValueError("there is no certificate in it that can be read") from None


def certificates_of(file: Path) -> list[x509.Certificate]:
    """Every certificate in a file. Raises ``OSError``, or ``ValueError`` that names the file."""
    data = read_bytes(file)
    try:
        return certificates_in(data)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None


def _stamp(path: Path) -> tuple[tuple[str, int, int, int], ...]:
    # Whatever lies beside what is wanted is stamped too, and may well be nothing of ours.
    stats = [(file, file.stat()) for file in _files_in(path)]
    return tuple((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino) for file, stat in stats)
