"""Who the counterparties are, and which certificates are theirs.

A port, so that the national address registry can take the place of files. It must never decide whether a
certificate is any good: that is for ``trust``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from adapter.errors import Fault, KeysUnavailable
from adapter.seal.certificates import Certificate, Use, read_certificate
from adapter.seal.files import Watched, certificates_in, files_in, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HerId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]


@dataclass(frozen=True, slots=True)
class Party:
    """A counterparty. ``certificates`` are what is registered for it, of any use and age.

    With an ``organisation`` (nine digits), any trusted certificate of that organisation may sign for it.
    """

    her_id: str
    certificates: tuple[Certificate, ...]
    organisation: str | None = None

    def may_be_signed_for_by(self, certificate: Certificate) -> bool:
        """Whether a certificate, which somebody else has found to be good, is this party's."""
        if certificate in self.certificates:
            return True
        return self.organisation is not None and certificate.organisation == self.organisation

    @property
    def for_encrypting(self) -> tuple[Certificate, ...]:
        """The certificates to encrypt for, the newest first, without a word on whether they are valid."""
        usable = [one for one in self.certificates if Use.ENCRYPT in one.uses]
        return tuple(sorted(usable, key=lambda one: one.not_before, reverse=True))


class Parties(Protocol):
    """Where the counterparties come from."""

    def find(self, her_id: str) -> Party | None:
        """The party with that HER-id, or ``None``. Raises an ``OwnFault`` if that cannot be said just now."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    her_ids: Annotated[list[_HerId], Field(min_length=1)]
    certificates: Annotated[list[str], Field(min_length=1)]
    organisation: Annotated[str, Field(pattern=r"^[0-9]{9}$")] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    party: list[_Entry]


class PartiesInFiles:
    """Counterparties from a TOML file, or from all those in a folder; read again when a file changes.

    ``[[party]]`` with ``her_ids``, ``certificates`` (PEM or DER files beside it) and, if wanted,
    ``organisation``. Raises ``KeysUnavailable`` if they cannot be read.
    """

    def __init__(self, path: Path) -> None:
        folder = path.parent if path.is_file() else path
        self._only = path if path.is_file() else None
        try:
            self._parties = Watched(folder, self._load)
        except (OSError, ValueError) as error:
            raise KeysUnavailable(f"The parties in {path} cannot be read: {error}") from None

    def find(self, her_id: str) -> Party | None:
        """The party with that HER-id, or ``None``."""
        return self._parties.get().get(her_id)

    def _load(self, folder: Path) -> Mapping[str, Party]:
        """By HER-id. Raises ``OSError`` or ``ValueError``, also if there is not a single one."""
        files = [self._only] if self._only else [one for one in files_in(folder) if one.suffix == ".toml"]
        parties: dict[str, Party] = {}
        for file in files:
            for entry in _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).party:
                certificates = tuple(_certificates(file.parent, entry.certificates))
                for her_id in entry.her_ids:
                    if her_id in parties:
                        raise ValueError(f"the party {her_id} is there twice")
                    parties[her_id] = Party(her_id, certificates, entry.organisation)
        if not parties:
            raise ValueError("there is not a single party")
        return parties


def _certificates(folder: Path, names: list[str]) -> list[Certificate]:
    found = [one for name in names for one in certificates_in(read_bytes(folder / name))]
    try:
        return [read_certificate(one) for one in found]
    except Fault as fault:
        raise ValueError(str(fault)) from None
