"""Gets a revocation list from the web, within a time and a size.

Only addresses from the settings are ever asked for. An address that stands in a certificate must not be:
whoever can make a certificate could then have us ask for anything.
"""

from __future__ import annotations

import time
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

_EACH_READ, _ALL_OF_IT = 10.0, 30.0  # seconds
_LARGEST = 50_000_000
_AT_ONCE = 1 << 16


class NotFetched(Exception):
    """It could not be had; the message says why."""


class _NoRedirects(HTTPRedirectHandler):
    """An address that sends us elsewhere is not one that anybody has set."""

    def redirect_request(self, *_: object) -> None:
        return None


def is_address(source: str) -> bool:
    """Whether it is an address rather than the name of a file."""
    return urlsplit(source).scheme in {"http", "https"}


def tellable(address: str) -> str:
    """The address as it may stand in a log: without a user, a password or a query, which may be secrets."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def fetch(address: str) -> bytes:
    """What is at the address. Raises ``NotFetched``, after half a minute at the latest."""
    deadline = time.monotonic() + _ALL_OF_IT
    if not is_address(address):
        raise NotFetched("it is not an http or https address")
    try:
        with build_opener(_NoRedirects).open(Request(address), timeout=_EACH_READ) as answer:  # noqa: S310 - it is
            found = bytearray()
            while part := answer.read1(_AT_ONCE):
                found += part
                if len(found) > _LARGEST:
                    raise NotFetched("it is too large")
                if time.monotonic() > deadline:
                    raise NotFetched("it takes too long")
            return bytes(found)
    except (OSError, HTTPException, ValueError) as error:
        raise NotFetched(type(error).__name__) from None
