"""The tree of failures says what the protocol says."""

from __future__ import annotations

import pytest

from adapter import errors
from adapter.dialects.helsenorge.names import ERROR_WORDS
from adapter.errors import ContentFault, Fault, Finding, OwnFault, TimebokError, TransportFault

#: errorCondition, as the AMQP specification lists them and as the hub's own library sends them.
CONDITIONS = {
    "transport:invalid-cms-pkcs",
    "transport:invalid-certificate",
    "transport:expired-certificate",
    "transport:revoked-certificate",
    "transport:missing-certificate",
    "transport:unverified-certificate",
    "transport:decryption-failed",
    "transport:invalid-signature",
    "transport:required-field-missing",
    "transport:invalid-field-value",
    "transport:invalid-encoding",
    "transport:xml-not-interpretable",
    "transport:unsupported-message",
    "transport:not-well-formed-xml",
    "transport:internal-error",
    "abuse:spoofing-attack",
}
#: The error codes of an AppRec (code list 8221).
ERROR_CODES = [
    "T01",
    "T02",
    "T10",
    "T99",
    "S01",
    "S02",
    "S03",
    "S99",
    "E10",
    "E20",
    "E21",
    "E30",
    "E31",
    "E32",
    "E33",
    "E34",
    "E35",
    "E36",
    "E53",
    "E54",
    "X99",
]


def below(kind: type) -> list[type]:
    return [one for child in kind.__subclasses__() for one in (child, *below(child))]


@pytest.mark.parametrize("kind", below(TransportFault), ids=lambda kind: kind.__name__)
def test_every_transport_fault_has_a_condition_that_the_protocol_knows(kind: type[TransportFault]) -> None:
    assert kind.condition in CONDITIONS


def test_every_transport_fault_has_a_condition_of_its_own() -> None:
    conditions = [kind.condition for kind in below(TransportFault)]
    assert len(set(conditions)) == len(conditions) >= 5


def test_every_code_that_is_sent_is_one_of_the_list() -> None:
    assert set(ERROR_WORDS) <= set(ERROR_CODES)


def test_the_tree_in_the_text_is_the_tree_in_the_code() -> None:
    shown = [line for line in (errors.__doc__ or "").splitlines() if "─" in line]
    names = [line.partition("── ")[2].split()[0] for line in shown]
    here = {kind.__name__ for kind in below(TimebokError) if kind.__module__ == errors.__name__}
    assert set(names) == here
    for line, name in zip(shown, names, strict=True):
        kind = getattr(errors, name)
        if issubclass(kind, TransportFault) and kind is not TransportFault:
            assert kind.condition in line


def test_a_fault_is_about_the_message_and_never_our_own() -> None:
    assert not [kind for kind in below(Fault) if issubclass(kind, OwnFault)]


def test_a_content_fault_says_all_that_was_found() -> None:
    found = [Finding("T02", "is missing", "mangler"), Finding("E31", "is wrong", "er feil")]
    fault = ContentFault(*found)
    assert fault.findings == tuple(found)
    assert str(fault) == "T02 is missing; E31 is wrong"
