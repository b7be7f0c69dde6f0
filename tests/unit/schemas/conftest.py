"""What every test of the schemas needs: both validators, compiled once, and their two verdicts.

Two validators that share no code are each other's oracle: what both say of a message is what our schemas
say, not what one library makes of them.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from schemas import Catalogue


@pytest.fixture(scope="session")
def libxml2_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(Catalogue.load().driver()))


@pytest.fixture(scope="session")
def xmlschema_schema() -> xmlschema.XMLSchema10:
    # With its fallback it would hold XHTML in a free text against a schema that it brings along.
    return xmlschema.XMLSchema10(Catalogue.load().driver().decode(), allow="local", use_fallback=False)


@pytest.fixture(scope="session")
def judge(
    libxml2_schema: etree.XMLSchema, xmlschema_schema: xmlschema.XMLSchema10
) -> Callable[[bytes], tuple[bool, bool]]:
    """What libxml2 and xmlschema say of a message, in this order."""

    def verdicts(message: bytes) -> tuple[bool, bool]:
        document = etree.ElementTree(etree.fromstring(message))
        return libxml2_schema.validate(document), xmlschema_schema.is_valid(document)

    return verdicts


@pytest.fixture(scope="session")
def judge_changed(
    judge: Callable[[bytes], tuple[bool, bool]],
) -> Callable[[str, str, str], tuple[bool, bool]]:
    """What they say of one of our messages with one place in it changed."""

    def verdicts(message: str, before: str, after: str) -> tuple[bool, bool]:
        original = (Path(__file__).parent / "messages" / f"{message}.xml").read_text(encoding="utf-8")
        assert before in original
        return judge(original.replace(before, after, 1).encode())

    return verdicts
