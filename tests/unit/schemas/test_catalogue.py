"""The catalogue: what it lists, that an operator's own is honoured, that its complaints can be acted on."""

import dataclasses
import shutil
import sys
from pathlib import Path
from subprocess import run

import pytest
import xmlschema
from lxml import etree

from schemas import Catalogue, CatalogueError

HELSEPERSONELL = "http://www.kith.no/xmlstds/helsepersonell/2015-05-04"
TABLE = '[[schema]]\nnamespace = "urn:a"\nfile = "a.xsd"\nname = "A"\nversion = "1"\norigin = "timebok"\n'
A_SCHEMA = """<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a">
  <element name="a" type="{type}"/>
</schema>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's catalogue, in a folder whose name needs care in an address."""
    folder = tmp_path / "våre skjema & 100 %"
    folder.mkdir()
    (folder / "catalogue.toml").write_text(TABLE, encoding="utf-8")
    (folder / "a.xsd").write_text(A_SCHEMA.format(type="date"), encoding="utf-8")
    return folder


def test_the_built_in_catalogue_says_what_each_schema_is_called_and_whose_it_is() -> None:
    catalogue = Catalogue.load()

    practitioners = catalogue.entry(HELSEPERSONELL)
    assert (practitioners.name, practitioners.version) == ("Helsepersonell", "2015-05-04")
    assert practitioners.origin == "official"
    assert {entry.namespace for entry in catalogue.entries if entry.origin == "timebok"} == {
        "urn:timebok:ressursoversikt:1",
        "urn:timebok:bestilling:1",
    }


def test_every_schema_file_is_listed_or_included_by_one_that_is() -> None:
    catalogue = Catalogue.load()
    reached = set[Path]()
    waiting = [entry.path for entry in catalogue.entries]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        includes = etree.parse(path).iter("{http://www.w3.org/2001/XMLSchema}include")
        waiting += [path.parent / include.attrib["schemaLocation"] for include in includes]

    assert reached == set(catalogue.folder.rglob("*.xsd"))


def test_a_catalogue_cannot_be_changed() -> None:
    catalogue = Catalogue.load()

    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue.entries = ()  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue.entries[0].name = "x"  # type: ignore[misc]


def test_another_folder_replaces_ours_altogether(folder: Path) -> None:
    catalogue = Catalogue.load(folder)

    assert [entry.path for entry in catalogue.entries] == [folder / "a.xsd"]
    for schema in (
        etree.XMLSchema(etree.fromstring(catalogue.driver())).validate,
        xmlschema.XMLSchema10(catalogue.driver().decode(), allow="local", use_fallback=False).is_valid,
    ):
        assert schema(etree.fromstring('<a xmlns="urn:a">2026-02-10</a>'))
        assert not schema(etree.fromstring('<a xmlns="urn:a">i dag</a>'))


def test_a_changed_copy_of_ours_is_honoured(tmp_path: Path) -> None:
    shutil.copytree(Catalogue.load().folder, tmp_path, dirs_exist_ok=True)
    schema = tmp_path / "xsd" / "bestilling.xsd"
    schema.write_text(
        schema.read_text(encoding="utf-8").replace("Henvisning", "Rekvisisjon"), encoding="utf-8"
    )

    validator = etree.XMLSchema(etree.fromstring(Catalogue.load(tmp_path).driver()))

    order = '<Bestilling xmlns="urn:timebok:bestilling:1"><{0}>7</{0}></Bestilling>'
    assert validator.validate(etree.fromstring(order.format("Rekvisisjon")))
    assert not validator.validate(etree.fromstring(order.format("Henvisning")))


def test_a_relative_folder_is_found_from_where_the_service_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)

    assert Catalogue.load(Path(folder.name)).entry("urn:a").path == folder / "a.xsd"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no folder .*/nowhere\. Name a folder"):
        Catalogue.load(tmp_path / "nowhere")


def test_a_folder_without_a_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no catalogue\.toml in .*Copy the built-in one"):
        Catalogue.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[[schema]", r"catalogue\.toml is not TOML: .*line 1"),
        (b"\xff", r"catalogue\.toml cannot be read: .*UTF-8"),
        (b"", r"catalogue\.toml lists no schemas"),
        (b"schema = 1", r"catalogue\.toml lists no schemas"),
        (b"schema = []", r"catalogue\.toml lists no schemas"),
        (b"schema = [1]", r"schema number 1: needs exactly namespace, file, name, version, origin"),
        (TABLE.replace('name = "A"\n', "").encode(), r"schema number 1: needs exactly"),
        (TABLE.replace('"1"', "1").encode(), r"schema number 1: needs exactly"),
        (TABLE.replace('"A"', '""').encode(), r"schema number 1: needs exactly"),
        (TABLE.replace("version", "versjon").encode(), r"schema number 1: needs exactly"),
        (f"{TABLE}more = 1".encode(), r"schema number 1: needs exactly"),
        (TABLE.replace('"timebok"', '"others"').encode(), r"as origin one of official, timebok"),
        (TABLE.replace("a.xsd", "b.xsd").encode(), r"schema number 1: there is no file .*b\.xsd\. Put"),
        (TABLE.replace("a.xsd", ".").encode(), r"schema number 1: there is no file"),
        (TABLE.replace("a.xsd", "../a.xsd").encode(), r"the file \.\./a\.xsd is not inside"),
        (TABLE.replace("a.xsd", "/etc/passwd").encode(), r"the file /etc/passwd is not inside"),
        (TABLE.encode() * 2, r"lists the namespace urn:a 2 times"),
    ],
)
def test_an_ill_formed_catalogue_is_explained(folder: Path, content: bytes, complaint: str) -> None:
    (folder / "catalogue.toml").write_bytes(content)

    with pytest.raises(CatalogueError, match=complaint):
        Catalogue.load(folder)


def test_an_unknown_namespace_is_explained(folder: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no schema for the namespace urn:b\. Add"):
        Catalogue.load(folder).entry("urn:b")


def test_the_catalogue_knows_nothing_of_the_rest_of_the_house() -> None:
    program = "import sys, schemas; print(*{name.split('.')[0] for name in sys.modules})"

    loaded = run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "schemas" in loaded
    assert not {"adapter", "handlers", "lxml", "xmlschema"} & set(loaded)
