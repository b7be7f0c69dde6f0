"""The schemas as such: they compile, alone and together, reach for nothing outside, and fit real messages."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from schemas import Catalogue, Entry

Judge = Callable[[bytes], tuple[bool, bool]]

XS = "{http://www.w3.org/2001/XMLSchema}"
FILES = sorted(Catalogue.load().folder.rglob("*.xsd"))
OURS = sorted((Path(__file__).parent / "messages").glob("*.xml"))


def samples() -> list[Path]:
    """Real messages, which are not ours to keep here: whoever has some names their folder."""
    folder = os.environ.get("TIMEBOK_SAMPLES")
    return sorted(Path(folder).rglob("*.xml")) if folder else []


def test_libxml2_compiles_all_schemas_together_without_a_warning() -> None:
    assert not list(etree.XMLSchema(etree.fromstring(Catalogue.load().driver())).error_log)


def test_xmlschema_builds_all_schemas_strictly_and_knows_every_namespace(
    xmlschema_schema: xmlschema.XMLSchema10,
) -> None:
    assert xmlschema_schema.validation == "strict"
    assert xmlschema_schema.maps.validity == "valid"
    assert {entry.namespace for entry in Catalogue.load().entries} <= set(xmlschema_schema.maps.namespaces)


@pytest.mark.parametrize("entry", Catalogue.load().entries, ids=lambda entry: entry.path.name)
def test_each_schema_compiles_alone_and_holds_for_the_namespace_it_is_listed_under(entry: Entry) -> None:
    document = etree.parse(entry.path)

    etree.XMLSchema(document)

    assert document.getroot().get("targetNamespace") == entry.namespace


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_schema_names_only_its_neighbours(file: Path) -> None:
    for reference in etree.parse(file).iter(f"{XS}import", f"{XS}include"):
        location = reference.attrib["schemaLocation"]
        assert "/" not in location
        assert (file.parent / location).is_file()


@pytest.mark.parametrize("message", OURS, ids=lambda message: message.stem)
def test_our_own_messages_are_valid(message: Path, judge: Judge) -> None:
    assert judge(message.read_bytes()) == (True, True)


@pytest.mark.parametrize("message", samples(), ids=lambda message: message.stem)
def test_real_messages_are_valid(message: Path, judge: Judge) -> None:
    assert judge(message.read_bytes()) == (True, True)


def test_a_message_cannot_bring_its_own_schema(
    tmp_path: Path, judge_changed: Callable[[str, str, str], tuple[bool, bool]]
) -> None:
    brought = tmp_path / "brought.xsd"
    brought.write_text(
        '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">'
        '<element name="a"/></schema>'
    )
    element = (
        '<a xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:x {brought.as_uri()}"/>'
    )

    assert judge_changed("book", "<Content>", f"<Content>{element}") == (False, False)
