"""Where a party is reached, and which of its certificates is for what (A1, A7).

A delivery channel names a transport, which has the endpoints, and a document exchange, which names the
certificate that signs what is sent and the one to encrypt with. In files that are in use the exchanges are
often empty, and the key usage of the certificates has to say it; so nothing is concluded here.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from cryptography import x509

from adapter.agreements.elements import DSIG, attribute, children, first, text_of
from adapter.agreements.model import Listed, Queue
from adapter.message import Lane

if TYPE_CHECKING:
    from lxml import etree

    from adapter.agreements.elements import Source

_ASK = "ask whoever made the file"
_SIGNS = "ebXMLSenderBinding", "SenderNonRepudiation", "SigningCertificateRef"
_ENCRYPTS = "ebXMLReceiverBinding", "ReceiverDigitalEnvelope", "EncryptionCertificateRef"


def read_queues(info: etree._Element, source: Source) -> tuple[Queue, ...]:
    """The queues of a party's channels, each once."""
    transports = _by_id(info, "Transport", "transportId", source)
    found = []
    for channel in children(info, "DeliveryChannel"):
        transport = transports.get(attribute(channel, "transportId") or "")
        if transport is None:
            raise source.wrong(channel, "DeliveryChannel names a Transport that is not there", _ASK)
        receiver = first(transport, "TransportReceiver")
        if receiver is None or not _is_amqp(receiver):
            continue  # mail, as some older processes are reached by
        for endpoint in children(receiver, "Endpoint"):
            name = (attribute(endpoint, "uri") or "").strip().rpartition("/")[2]
            if not name:
                raise source.wrong(endpoint, "Endpoint has no uri that ends with a queue", _ASK)
            found.append(Queue(_lane(channel, endpoint, name), name))
    return tuple(dict.fromkeys(found))


def _is_amqp(receiver: etree._Element) -> bool:
    protocol = first(receiver, "TransportProtocol")
    return protocol is None or text_of(protocol).casefold() == "amqp"


def _lane(channel: etree._Element, endpoint: etree._Element, queue: str) -> Lane:
    """What a queue is for: its channel says whether anybody waits for an answer, or else its name does."""
    if attribute(endpoint, "type") == "error":
        return Lane.ERROR
    characteristics = first(channel, "MessagingCharacteristics")
    mode = None if characteristics is None else attribute(characteristics, "syncReplyMode")
    by_name = queue.rpartition("_")[2]
    if by_name == Lane.ERROR or (mode is None and by_name in set(Lane)):
        return Lane(by_name)
    return Lane.ASYNC if mode in {None, "none"} else Lane.SYNC


def read_certificates(info: etree._Element, source: Source) -> tuple[Listed, ...]:
    """The certificates of a party, in the order of the file, and what its channels use each for."""
    listed = _by_id(info, "Certificate", "certId", source)
    exchanges = _by_id(info, "DocExchange", "docExchangeId", source)
    sign, encrypt = set[str](), set[str]()
    for channel in children(info, "DeliveryChannel"):
        exchange = exchanges.get(attribute(channel, "docExchangeId") or "")
        if exchange is None:
            raise source.wrong(channel, "DeliveryChannel names a DocExchange that is not there", _ASK)
        for path, names in ((_SIGNS, sign), (_ENCRYPTS, encrypt)):
            reference = first(exchange, *path)
            if reference is None:
                continue
            name = attribute(reference, "certId") or ""
            if name not in listed:
                raise source.wrong(reference, f"{path[-1]} names a Certificate that is not there", _ASK)
            names.add(name)
    return tuple(
        Listed(_certificate(one, source), name in sign, name in encrypt, source.place(one))
        for name, one in listed.items()
    )


def _certificate(element: etree._Element, source: Source) -> x509.Certificate:
    """The first that it holds: what may follow are those of its issuers."""
    found = element.find(f".//{{{DSIG}}}X509Certificate")
    if found is None:
        raise source.wrong(element, "Certificate holds no X509Certificate", _ASK)
    try:
        return x509.load_der_x509_certificate(b64decode("".join(text_of(found).split()), validate=True))
    except Exception:  # noqa: BLE001 - anything may be in it, and the errors of its decoders have no root
        raise source.wrong(found, "X509Certificate is not a certificate in Base64", _ASK) from None


def _by_id(info: etree._Element, name: str, id_: str, source: Source) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for one in children(info, name):
        key = attribute(one, id_)
        if not key:
            raise source.wrong(one, f"{name} has no {id_}", _ASK)
        if key in found:
            raise source.wrong(one, f"there is another {name} with this {id_}", _ASK)
        found[key] = one
    return found
