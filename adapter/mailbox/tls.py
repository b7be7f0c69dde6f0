"""TLS to the broker: at least 1.2, always with its certificate checked, and what went wrong in plain words.

It must never make a context that takes any certificate, and never quote a key or a passphrase.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from adapter.secret_file import SecretUnavailable, read_secret

if TYPE_CHECKING:
    from pathlib import Path

    from adapter.mailbox.broker import Broker, Tls

_CA, _CERTIFICATE, _KEY = (f"TIMEBOK_AMQP_{name}_FILE" for name in ("CA", "CERTIFICATE", "KEY"))

# OpenSSL's codes of what is wrong with a certificate (X509_V_ERR_…).
_UNTRUSTED = {2, 18, 19, 20, 21, 27}
_NOT_YET, _EXPIRED = 9, 10
_OTHER_NAME = {62, 64}

# Beginnings and parts of OpenSSL's reasons, in all of its versions.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION")
_WANTS_OURS = ("CERTIFICATE_REQUIRED", "ALERT_HANDSHAKE_FAILURE")
_REFUSES_OURS = (
    "UNKNOWN_CA",
    "BAD_CERTIFICATE",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_UNKNOWN",
)


def context_of(tls: Tls) -> ssl.SSLContext:
    """A context for one connection, from the files as they are now.

    Raises ``SecretUnavailable`` for a file that is not there or does not hold what it should.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an authority below a root may be the one to trust
    if tls.authorities is None:
        context.load_default_certs()
    else:
        _load_authorities(context, tls.authorities)
    if tls.certificate is not None:
        _load_ours(context, tls.certificate, tls.key or tls.certificate, tls.passphrase)
    return context


def _load_authorities(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise SecretUnavailable(f"{_CA} names {file}, which holds no certificate (PEM)") from None
    except OSError as error:
        raise SecretUnavailable(f"{_CA} names {file}, which cannot be read: {error.strerror}") from None


def _load_ours(context: ssl.SSLContext, certificate: Path, key: Path, passphrase: Path | None) -> None:
    for setting, file in ((_CERTIFICATE, certificate), (_KEY, key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise SecretUnavailable(
                f"{setting} names {file}, which cannot be read: {error.strerror}"
            ) from None
    secret = read_secret(passphrase, "TIMEBOK_AMQP_KEY_PASSPHRASE_FILE") if passphrase else ""
    try:
        context.load_cert_chain(certificate, key, lambda: secret)  # without it, a terminal would be asked
    except (ssl.SSLError, ValueError) as error:  # the latter for a passphrase that is far too long
        if "KEY_VALUES_MISMATCH" in _reason(error):
            raise SecretUnavailable(
                f"the key in {key} is not the one of the certificate in {certificate}"
            ) from None
        raise SecretUnavailable(
            f"the certificate in {certificate} and the key in {key} cannot be used: either is no PEM, "
            "or TIMEBOK_AMQP_KEY_PASSPHRASE_FILE is missing or does not hold the key's passphrase"
        ) from None


def in_plain_words(error: ssl.SSLError, broker: Broker) -> str:
    """What is wrong between us and the broker, whose certificate it is about, and what can be done."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _about_theirs(error, broker)
    reason = _reason(error)
    ours = broker.tls.certificate
    if any(one in reason for one in _NO_TLS):
        return f"nobody speaks TLS at {broker.address}: is it the port for amqps (5671 as a rule)?"
    if any(one in reason for one in _TOO_OLD):
        return f"{broker.address} has no TLS in common with us, who take 1.2 or newer"
    if ours is None and any(one in reason for one in (*_WANTS_OURS, "BAD_CERTIFICATE")):
        return f"{broker.address} asks for a certificate of ours: set {_CERTIFICATE} and {_KEY}"
    if any(one in reason for one in (*_WANTS_OURS, *_REFUSES_OURS)):
        return (
            f"{broker.address} does not take our certificate from {ours} ({reason}): it must be one of an "
            "authority that the broker trusts, for clients, and not run out"
        )
    return f"TLS with {broker.address} failed: {reason}"


def when_cut_off(broker: Broker) -> str:
    """What it may mean that the broker has ended a connection before it said anything at all.

    Its reasons may be lost, if it is quicker to close than we are to read.
    """
    said = f"{broker.address} ended the connection before it had greeted us"
    if not broker.encrypted:
        return f"{said}: if it takes only TLS (as on port 5671), the URL has to begin with amqps://"
    if broker.tls.certificate is None:
        return f"{said}: it may ask for a certificate of ours: set {_CERTIFICATE} and {_KEY}"
    return f"{said}: it may not take our certificate from {broker.tls.certificate}"


def _about_theirs(error: ssl.SSLCertVerificationError, broker: Broker) -> str:
    host = broker.address.partition("/")[0]
    name = broker.tls.server_name or host.rpartition(":")[0]
    code = error.verify_code
    if code in _OTHER_NAME:
        wrong = f"is not for {name}: if it is the right one, TIMEBOK_AMQP_SERVER_NAME has to be a name in it"
    elif code == _EXPIRED:
        wrong = "has expired, or its authority's has: whoever runs the broker has to renew it"
    elif code == _NOT_YET:
        wrong = "is not valid yet, or its authority's is not: is the clock of this machine right?"
    elif code in _UNTRUSTED:
        trusted = f"in {broker.tls.authorities}" if broker.tls.authorities else "known to this machine"
        wrong = f"is from no authority {trusted}: {_CA} has to name a file with the one that it is from"
    else:
        wrong = f"is not good: {error.verify_message}"
    see = f"openssl s_client -connect {host} -servername {name} -showcerts"
    return f"the certificate that {host} shows {wrong}; to see it: {see}"


def _reason(error: Exception) -> str:
    return (getattr(error, "reason", "") or str(error)).upper().replace(" ", "_")
