"""Is a document what its schemas allow? lxml says yes or no; only a no is explained, by xmlschema.

Nothing is ever loaded because a document asks for it: both know the catalogue's files and no others, and
``xsi:schemaLocation`` is not followed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from adapter.errors import ContentFault, Finding
from adapter.xml.places import Places, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas import Catalogue

# Of what is larger it is only told that it is wrong. The explainer quotes an element with its attributes in
# each error, looks through all namespaces at each element, and through all of them for each of them at an
# element that declares one: the time goes by their cube, and 500 of them took seconds.
_MOST_BYTES_EXPLAINED = 500_000
_MOST_ELEMENTS_EXPLAINED = 5_000
_MOST_ATTRIBUTES_EXPLAINED = 5_000
_MOST_NAMESPACES_EXPLAINED = 100
_too_many_attributes = etree.XPath("boolean(//*[count(@*) > 50])")


class Schema:
    """The schemas of a catalogue, compiled into one. Compiling takes milliseconds, validating microseconds.

    An instance may be used by one thread at a time.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._driver = catalogue.driver()
        self._base = catalogue.folder.as_uri() + "/"
        self._compiled = etree.XMLSchema(etree.fromstring(self._driver, base_url=self._base))

    def allows(self, root: etree._Element) -> bool:
        """Whether the document under ``root`` follows its schemas."""
        return self._compiled.validate(root)

    def check(self, root: etree._Element, body: bytes) -> None:
        """Raise ``ContentFault`` with everything that is wrong (each T02) if the document is not allowed.

        ``body`` is what ``root`` was parsed from; it gives the lines and columns.
        """
        if not self.allows(root):
            raise ContentFault(*self._findings(root, body))

    def _findings(self, root: etree._Element, body: bytes) -> list[Finding]:
        line = self._compiled.error_log[0].line if len(self._compiled.error_log) else 0
        unexplained = Finding(
            "T02", "does not follow its schema", "følger ikke skjemaet", path_of(root), line=line
        )
        if not _can_be_explained(root, body):
            return [unexplained]
        explain = self._explain
        try:
            return explain(root, Places(body, root)) or [unexplained]
        except Exception:  # noqa: BLE001 - the verdict stands; strange documents make the explainer stumble
            return [unexplained]

    @cached_property
    def _explain(self) -> Callable[[etree._Element, Places], list[Finding]]:
        # Only now, and not when timebok starts: that would take a fifth longer, for what few messages need.
        from adapter.xml.explaining import explainer  # noqa: PLC0415

        return explainer(self._driver.decode(), self._base)


def _can_be_explained(root: etree._Element, body: bytes) -> bool:
    return (
        len(body) <= _MOST_BYTES_EXPLAINED
        and sum(1 for _ in root.iter()) <= _MOST_ELEMENTS_EXPLAINED
        and body.count(b"=") <= _MOST_ATTRIBUTES_EXPLAINED
        and body.replace(b"\0", b"").count(b"xmlns") <= _MOST_NAMESPACES_EXPLAINED
        and not _too_many_attributes(root)
    )
