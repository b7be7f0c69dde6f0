"""Throw-away certificates: an authority, what it issues, and its revocation lists, for tests and the demo.

The keys are made on the spot and are worth nothing. Nothing here may be used where patients are.

``python tools/certificates.py FOLDER OURS THEIRS`` makes everything that two parties, given by their HER-ids,
need to send each other sealed messages: a folder for each, in the layout that ``adapter/seal`` reads.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

if __name__ == "__main__":  # as a script, it is looked for beside this file and not from the root
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.collaboration import CITIZEN, CLINIC, Side, write_agreement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SIGN, ENCRYPT, ISSUE = "content_commitment", "key_encipherment", "key_cert_sign"
_USES = (
    *("digital_signature", SIGN, ENCRYPT, "data_encipherment", "key_agreement"),
    *(ISSUE, "crl_sign", "encipher_only", "decipher_only"),
)
_BITS = 2048
_A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key, and the certificates that lead from it to the root."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def certificate_pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pem(self, passphrase: bytes | None = None) -> bytes:
        """The private key, the certificate and its chain."""
        locked = (
            serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        )
        pkcs8 = serialization.PrivateFormat.PKCS8
        parts = [self.key.private_bytes(serialization.Encoding.PEM, pkcs8, locked), self.certificate_pem]
        return b"".join([*parts, *(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)])


class Authority:
    """Issues certificates and says which of them are no longer good. The root, or below another authority."""

    def __init__(
        self,
        name: str,
        now: datetime,
        above: Authority | None = None,
        *,
        key: rsa.RSAPrivateKey | None = None,
        lasts: timedelta = 10 * _A_YEAR,
    ) -> None:
        self.key = key or new_key()
        self.above = above
        start, end = now - timedelta(days=1), now + lasts
        uses = frozenset({ISSUE, "crl_sign"})
        issuer = above or self
        builder = _builder(name, self.key.public_key(), start, end, uses)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.issuer_name(above.certificate.subject if above else _name(name, None))
        self.certificate: x509.Certificate = builder.sign(issuer.key, hashes.SHA256())

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Its own certificate and those above it, without the root's."""
        return (self.certificate, *self.above.chain) if self.above else ()

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        name: str,
        uses: Iterable[str],
        start: datetime,
        end: datetime,
        *,
        key: rsa.RSAPrivateKey | None = None,
        organisation: str | None = None,
        extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ) -> Issued:
        """A certificate for the ``uses`` (names of key usages), with a new key unless one is given.

        Each of the ``extensions`` comes with whether it is critical.
        """
        key = key or new_key()
        builder = _builder(name, key.public_key(), start, end, frozenset(uses), organisation)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        builder = builder.issuer_name(self.certificate.subject)
        return Issued(builder.sign(self.key, hashes.SHA256()), key, self.chain)

    def revocation_list(
        self,
        now: datetime,
        revoked: Iterable[x509.Certificate] = (),
        *,
        lasts: timedelta = timedelta(days=2),
        extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """A list as DER, current from ``now`` on, that names the ``revoked``."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(now).next_update(now + lasts)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def new_key(bits: int = _BITS) -> rsa.RSAPrivateKey:
    """A private key. Takes about a tenth of a second."""
    return rsa.generate_private_key(65537, bits)


def write_parties(file: Path, certificates: dict[str, list[bytes]], organisation: str | None = None) -> None:
    """Write a register of counterparties: PEM certificates by HER-id, each in a file beside it."""
    entries = []
    for her_id, several in certificates.items():
        names = [f"{her_id}-{number}.pem" for number in range(1, len(several) + 1)]
        for name, pem in zip(names, several, strict=True):
            (file.parent / name).write_bytes(pem)
        lines = ["[[party]]", f'her_ids = ["{her_id}"]', f"certificates = {names!r}"]
        entries.append("\n".join([*lines, *([f'organisation = "{organisation}"'] if organisation else [])]))
    file.write_text("\n\n".join(entries) + "\n", encoding="utf-8")


def write_two_parties(folder: Path, ours: str, theirs: str, now: datetime) -> None:
    """Make all that the two need: for each ``keys``, ``parties``, ``authorities`` and ``revocation``.

    Among the parties lies the agreement between them, with the processes that a clinic answers.
    """
    made = write_two_sides(folder, {ours: [ours], theirs: [theirs]}, now)
    us, them = (
        Side(her_id, f"Party {her_id}", role, made[her_id][0].certificate, made[her_id][1].certificate)
        for her_id, role in ((ours, CLINIC), (theirs, CITIZEN))
    )
    start, end = now - timedelta(days=1), now + _A_YEAR
    agreement = write_agreement(them, us, cpa_id=str(uuid4()), start=start, end=end)
    for her_id in (ours, theirs):
        (folder / her_id / "parties" / "agreement.xml").write_text(agreement, encoding="utf-8")


def write_two_sides(
    folder: Path, sides: Mapping[str, Sequence[str]], now: datetime
) -> Mapping[str, Sequence[Issued]]:
    """The same for two sides with a name and any number of HER-ids, which share the keys of their side.

    Without an agreement. Gives what was issued to each side, to sign and to be encrypted for.
    """
    root = Authority("Throw-away root", now)
    middle = Authority("Throw-away authority", now, root)
    made = {
        side: [
            middle.issue(f"Party {side} {use}", [use], now - timedelta(days=1), now + _A_YEAR)
            for use in (SIGN, ENCRYPT)
        ]
        for side in sides
    }
    for side, other in (tuple(sides), tuple(sides)[::-1]):
        rooms = {room: folder / side / room for room in ("keys", "parties", "authorities", "revocation")}
        for room in rooms.values():
            room.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(made[side], 1):
            (rooms["keys"] / f"{number}.pem").write_bytes(one.pem())
        theirs = {her_id: [one.certificate_pem for one in made[other]] for her_id in sides[other]}
        write_parties(rooms["parties"] / "parties.toml", theirs)
        for number, authority in enumerate((root, middle), 1):
            (rooms["authorities"] / f"{number}.pem").write_bytes(authority.pem)
            crl = authority.revocation_list(now, lasts=_A_YEAR)
            (rooms["revocation"] / f"{number}.crl").write_bytes(crl)
    return made


def _name(common: str, organisation: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRNO-{organisation}"))
    return x509.Name(parts)


def _builder(
    name: str,
    key: rsa.RSAPublicKey,
    start: datetime,
    end: datetime,
    uses: frozenset[str],
    organisation: str | None = None,
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(**{use: use in uses for use in _USES})
    builder = x509.CertificateBuilder().subject_name(_name(name, organisation)).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(end)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    return builder.add_extension(usage, critical=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:  # noqa: PLR2004 - its own name and three words
        sys.exit(__doc__)
    where, us, them = sys.argv[1:]
    write_two_parties(Path(where), us, them, datetime.now(UTC))
    print(f"Throw-away keys and certificates are in {where}; they are worth nothing")
