"""What is wrong with a document, in words, from the errors that xmlschema finds.

The words name elements, attributes and types, never the value that stood there.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, cast

import xmlschema
from xmlschema.validators import XMLSchemaChildrenValidationError, XMLSchemaValidationError

from adapter.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

    from adapter.xml.places import Places

_MOST_ERRORS = 100  # some of them fall away; looking at thousands would take longer than anybody waits
_MOST_FINDINGS = 20
_UNNAMED = "is not as its schema says"
_ATTRIBUTE = re.compile(r"attribute (\S+?)='")
_QUOTED = re.compile(r"'([^']{1,60})'")
_NAMESPACE = re.compile(r"\{[^}]*\}|^\w[\w.-]*:")


def explainer(driver: str, base: str) -> Callable[[etree._Element, Places], list[Finding]]:
    """What explains documents by the schema ``driver``, whose parts lie below the address ``base``.

    Making it takes most of a second; nothing but local files is opened.
    """
    return partial(_explain, xmlschema.XMLSchema(driver, base_url=base, allow="local", use_fallback=False))


def _explain(schema: xmlschema.XMLSchema, root: etree._Element, places: Places) -> list[Finding]:
    """Everything that ``schema`` finds wrong under ``root``, in the order of the document; each is T02.

    What is wrong below an element whose children are wrong in themselves is left out: most of it only
    follows from that. So is a general word where a more telling one stands for the same place.
    """
    errors = [
        (error, cast("etree._Element", error.elem))  # noqa: SLF001 - the name of the type
        for error in islice(schema.iter_errors(root, use_location_hints=False), _MOST_ERRORS)  # type: ignore[arg-type] # it has what is used
    ]
    broken = [element for error, element in errors if isinstance(error, XMLSchemaChildrenValidationError)]
    findings = dict.fromkeys(  # each once, and in the same order each time
        _finding(error, element, places)
        for error, element in errors
        if not any(_is_below(element, one) for one in broken)
    )
    named = {_place(one) for one in findings if one.english != _UNNAMED}
    telling = [one for one in findings if one.english != _UNNAMED or _place(one) not in named]
    return sorted(telling, key=lambda one: (one.line, one.column))[:_MOST_FINDINGS]


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.path, finding.line, finding.column


def _is_below(element: etree._Element, other: etree._Element) -> bool:
    return any(ancestor is other for ancestor in element.iterancestors())


def _finding(error: XMLSchemaValidationError, element: etree._Element, places: Places) -> Finding:
    if isinstance(error, XMLSchemaChildrenValidationError):
        element, english, norwegian = _words_for_children(error, element)
    else:
        english, norwegian = _words_for_value(error, error.reason or "")
    place = places.of(element)
    return Finding("T02", english, norwegian, place.path, place.line, place.column)


def _words_for_children(
    error: XMLSchemaChildrenValidationError, parent: etree._Element
) -> tuple[etree._Element, str, str]:
    expected = _names(error.expected)
    if error.invalid_tag is None:
        english = f"{' or '.join(expected or ['a child element'])} is missing"
        return parent, english, f"{' eller '.join(expected or ['et underelement'])} mangler"
    child, name = parent[error.index], _local(error.invalid_tag)
    english, norwegian = f"{name} is not allowed here", f"{name} er ikke tillatt her"
    if expected:
        english += f"; expected {' or '.join(expected)}"
        norwegian += f"; ventet {' eller '.join(expected)}"
    return child, english, norwegian


def _words_for_value(error: XMLSchemaValidationError, reason: str) -> tuple[str, str]:
    """What is wrong by itself. A simple type's ``reason`` quotes the value, so nothing is read from it."""
    kind = type(error.validator).__name__
    if valued := _ATTRIBUTE.match(reason):
        name = _local(valued[1])
        return f"attribute {name} has an invalid value", f"attributtet {name} har en ugyldig verdi"
    if kind == "XsdEnumerationFacets":
        return "is not one of the allowed values", "er ikke en av de tillatte verdiene"
    if kind == "XsdAtomicBuiltin":
        name = error.validator.local_name  # type: ignore[union-attr] # a type has one
        return f"is not a valid {name}", f"er ikke en gyldig {name}"
    if kind == "XsdAttributeGroup" and (named := _QUOTED.search(reason)):
        name = _local(named[1])
        if "missing" in reason:
            return f"attribute {name} is missing", f"attributtet {name} mangler"
        return f"attribute {name} is not allowed here", f"attributtet {name} er ikke tillatt her"
    if reason.startswith("must have the fixed value"):
        fixed = error.validator.fixed  # type: ignore[union-attr] # whoever says so has one
        return f"must be {fixed!r}", f"må være «{fixed}»"
    if reason.startswith("character data"):
        return "text is not allowed between its elements", "det er ikke tillatt med tekst mellom elementene"
    if kind == "XsdAnyElement" or "abstract" in reason or "not an element of the schema" in reason:
        return "is not an element that any schema knows here", "er ikke et element som noe skjema kjenner her"
    return _UNNAMED, "er ikke slik skjemaet sier"


def _names(expected: object) -> list[str]:
    if not isinstance(expected, (list, tuple)):
        return []
    return [_local(one.name) for one in expected if getattr(one, "name", None)][:8]


def _local(name: str) -> str:
    return _NAMESPACE.sub("", name)
