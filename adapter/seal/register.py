"""The counterparties as an operator puts them in place: TOML files, and the hub's own CPP and CPA files.

A party may stand in several: what a TOML file says of it, its profile and its agreements add up. Where its
profile names a certificate for a use, the others in that profile are not for it. That is a wish, and key
usage is the law: a profile that names a certificate which may not be put to the use is not listened to.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapter.agreements import Agreement, read_file
from adapter.errors import Fault, KeysUnavailable
from adapter.seal.certificates import Certificate, Use, read_certificate
from adapter.seal.files import Watched, certificates_of, files_in
from adapter.seal.parties import Party

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from cryptography import x509

    from adapter.agreements import Profile

_HerId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    her_ids: Annotated[list[_HerId], Field(min_length=1)]
    certificates: list[str] = []
    organisation: Annotated[str, Field(pattern=r"^[0-9]{9}$")] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    party: list[_Entry]


class PartiesInFiles:
    """Counterparties from a file, or from the ``.toml`` and ``.xml`` in a folder; read again on a change.

    In a TOML file, ``[[party]]`` with ``her_ids``, ``certificates`` (PEM or DER files beside it) and, if
    wanted, ``organisation``. An XML file is a profile or an agreement. Raises ``KeysUnavailable`` if they
    cannot be read.
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

    def known(self) -> Collection[Party]:
        """All of them; of an agreement both parties, so ours too."""
        return self._parties.get().values()

    def _load(self, folder: Path) -> Mapping[str, Party]:
        """By HER-id. Raises ``OSError`` or ``ValueError``, also if there is not a single one."""
        register = _Register()
        for file in [self._only] if self._only else files_in(folder):
            if file.suffix == ".toml":
                register.add_entries(file)
            elif file.suffix == ".xml":
                register.add_profile(file)
        return register.parties()


class _Register:
    """The parties, as they come out of one file after the other."""

    def __init__(self) -> None:
        self._parties: dict[str, Party] = {}
        self._listed_in: dict[str, str] = {}
        self._kept_from: defaultdict[str, set[tuple[str, Use]]] = defaultdict(set)
        self._named_for: defaultdict[str, set[tuple[str, Use]]] = defaultdict(set)

    def add_entries(self, file: Path) -> None:
        """Add those of a TOML file."""
        try:
            entries = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).party
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(str(part) for part in wrong["loc"])
            raise ValueError(f"{file.name}: {where}: {wrong['msg']}") from None
        except ValueError as error:
            raise ValueError(f"{file.name} is not TOML: {error}") from None
        for entry in entries:
            certificates = tuple(_certificates(file, entry.certificates))
            for her_id in entry.her_ids:
                if her_id in self._listed_in:
                    raise ValueError(
                        f"the party {her_id} is there twice, in {self._listed_in[her_id]} and {file.name}; "
                        "leave it in one of them, with all of its certificates"
                    )
                self._listed_in[her_id] = file.name
                party = self._add(her_id, certificates)
                self._parties[her_id] = replace(party, organisation=entry.organisation)

    def add_profile(self, file: Path) -> None:
        """Add what a profile or an agreement says."""
        found = read_file(file)
        for profile in found.parties if isinstance(found, Agreement) else (found,):
            certificates = tuple(_read(one.certificate, one.place) for one in profile.certificates)
            party = self._add(profile.her_id, certificates)
            self._note_uses(profile, certificates)
            if isinstance(found, Agreement):
                party = replace(party, agreements=(*party.agreements, found))
            elif party.profile is None:
                party = replace(party, profile=profile)
            else:
                raise ValueError(
                    f"the party {profile.her_id} has two profiles, {party.profile.place} and "
                    f"{profile.place}; take the older one away"
                )
            self._parties[profile.her_id] = party

    def parties(self) -> Mapping[str, Party]:
        """All of them by HER-id. Raises ``ValueError`` if one cannot be answered, or if there is none."""
        if not self._parties:
            raise ValueError("there is not a single party")
        for her_id, file in self._listed_in.items():
            if not self._parties[her_id].certificates:
                raise ValueError(f"{file}: the party {her_id} has no certificates, there or in a profile")
        for her_id, kept in self._kept_from.items():
            kept_from = frozenset(kept - self._named_for[her_id])
            self._parties[her_id] = replace(self._parties[her_id], kept_from=kept_from)
        return self._parties

    def _add(self, her_id: str, certificates: tuple[Certificate, ...]) -> Party:
        party = self._parties.get(her_id) or Party(her_id, ())
        return replace(party, certificates=tuple(dict.fromkeys((*party.certificates, *certificates))))

    def _note_uses(self, profile: Profile, certificates: tuple[Certificate, ...]) -> None:
        """What a profile names each certificate for, and what it therefore does not want others for."""
        kept, named = self._kept_from[profile.her_id], self._named_for[profile.her_id]
        for use in Use:
            able = [
                (one.thumbprint, listed.signs if use is Use.SIGN else listed.encrypts)
                for one, listed in zip(certificates, profile.certificates, strict=True)
                if use in one.uses
            ]
            named |= {(thumbprint, use) for thumbprint, is_named in able if is_named}
            if any(is_named for _, is_named in able):
                kept |= {(thumbprint, use) for thumbprint, _ in able}


def _certificates(file: Path, names: list[str]) -> list[Certificate]:
    found = [(one, name) for name in names for one in certificates_of(file.parent / name)]
    return [_read(one, f"{file.name}: {name}") for one, name in found]


def _read(certificate: x509.Certificate, place: str) -> Certificate:
    try:
        return read_certificate(certificate)
    except Fault as fault:
        raise ValueError(f"{place}: {fault}") from None
