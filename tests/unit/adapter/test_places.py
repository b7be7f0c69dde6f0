"""Where an element stands is told as a person would count it, in whatever encoding the document came."""

from __future__ import annotations

import pytest

from adapter.xml.parsing import Limits, parse
from adapter.xml.places import Place, Places, path_of

TEXT = """<Hode xmlns="urn:a" xmlns:b="urn:b">
  <!-- ø --><Person>
\t<Navn>Blåbær 😀</Navn><Navn  V="1"
    DN="x">ø</Navn>
  </Person><?pi?>
  <b:Person/><Person>æøå<Navn/></Person>
</Hode>"""
PLACES = [
    ("/Hode", 1, 1),
    ("/Hode/Person[1]", 2, 13),
    ("/Hode/Person[1]/Navn[1]", 3, 2),
    ("/Hode/Person[1]/Navn[2]", 3, 23),
    ("/Hode/Person", 6, 3),
    ("/Hode/Person[2]", 6, 14),
    ("/Hode/Person[2]/Navn", 6, 25),
]


def places(body: bytes) -> list[tuple[str, int, int]]:
    root = parse(body, Limits())
    found = Places(body, root)
    return [(place.path, place.line, place.column) for place in map(found.of, root.iter())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_and_column_are_where_the_tag_begins(encoding: str) -> None:
    assert places(TEXT.encode(encoding)) == PLACES


def test_line_and_column_are_right_in_latin_1_and_after_a_declaration() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + TEXT.replace(" 😀", "!!")
    assert places(text.encode("iso-8859-1")) == [(path, line + 1, column) for path, line, column in PLACES]


def test_windows_line_ends_count_once() -> None:
    assert places(TEXT.replace("\n", "\r\n").encode()) == PLACES


def test_a_path_counts_only_siblings_of_the_same_name() -> None:
    root = parse(b"<a><b/><c><b/></c><b/></a>", Limits())
    assert [path_of(one) for one in root.iter("b")] == ["/a/b[1]", "/a/c/b", "/a/b[2]"]


def test_an_element_of_another_document_still_has_a_path() -> None:
    root, other = parse(b"<a><b/></a>", Limits()), parse(b"<x>\n<y/></x>", Limits())
    assert Places(b"<a><b/></a>", root).of(other[0]) == Place("/x/y", 2, 0)


def test_where_the_second_reading_fails_the_line_of_the_first_has_to_do() -> None:
    root = parse(b"<a>\n<b/></a>", Limits())
    assert Places(b"\xff not the same bytes", root).of(root[0]) == Place("/a/b", 2, 0)
