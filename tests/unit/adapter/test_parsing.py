"""Bytes become a tree or a fault, and nothing else happens: no limit, DOCTYPE or encoding slips through."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import InvalidEncoding, NotWellFormed
from adapter.xml.parsing import Limits, parse, salvage

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(bytes=10_000, elements=50, depth=20, attributes=40)


# --- limits


@pytest.mark.parametrize(
    ("allowed", "too_much"),
    [
        (b"<a>" + b" " * 9_993 + b"</a>", b"<a>" + b" " * 9_994 + b"</a>"),
        (b"<a>" + b"<b/>" * 49 + b"</a>", b"<a>" + b"<b/>" * 50 + b"</a>"),
        (b"<a>" * 20 + b"</a>" * 20, b"<a>" * 21 + b"</a>" * 21),
        (
            b"<a " + b" ".join(b"a%d='x'" % n for n in range(40)) + b"/>",
            b"<a " + b" ".join(b"a%d='x'" % n for n in range(41)) + b"/>",
        ),
    ],
    ids=["bytes", "elements", "depth", "attributes"],
)
def test_a_document_may_be_as_large_as_the_limit_and_no_larger(allowed: bytes, too_much: bytes) -> None:
    assert parse(allowed, LIMITS).tag == "a"
    with pytest.raises(NotWellFormed):
        parse(too_much, LIMITS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("tail", ["", "<"])
def test_a_flood_of_elements_is_refused_before_it_is_parsed(encoding: str, tail: str) -> None:
    flood = f"<a>{'<b/>' * 100_000}</a>{tail}".encode(encoding)
    with pytest.raises(NotWellFormed, match="elements"):
        parse(flood, Limits())


def test_comments_and_instructions_do_not_hide_elements_from_the_limit() -> None:
    with pytest.raises(NotWellFormed):
        parse(b"<a>" + b"<!-- --><?x y?><b/>" * 60 + b"</a>", LIMITS)


@pytest.mark.parametrize(
    "body", [b"", b" \n\t", b"\x00", b"<", b"<a>", b"<a></b>", b"text", b"<a/><b/>", b"\xff\xfe"]
)
def test_what_is_no_xml_is_not_well_formed(body: bytes) -> None:
    with pytest.raises(NotWellFormed):
        parse(body, LIMITS)


def test_the_place_of_the_break_is_told() -> None:
    with pytest.raises(NotWellFormed) as broken:
        parse(b"<a>\n  <b>\n  </c>\n</a>", LIMITS)
    assert (broken.value.line, broken.value.column) == (3, 7)


def test_no_fault_quotes_the_document() -> None:
    with pytest.raises(NotWellFormed) as broken:
        parse(b"<a>13116900216 Danser <Danser></a>", LIMITS)
    assert "Danser" not in str(broken.value)
    assert broken.value.__cause__ is None


# --- DOCTYPE

DOCTYPES = [
    "<!DOCTYPE a><a/>",
    '<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<!--c--><?p i?>\n<!DOCTYPE a [<!ENTITY % p SYSTEM "http://example.org/"> %p;]><a/>',
]
ENCODINGS = [
    "ascii",
    "utf-8",
    "utf-8-sig",
    "iso-8859-1",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "utf-7",
    "cp037",
    "cp1140",
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("document", DOCTYPES)
@pytest.mark.parametrize(
    "declaration",
    ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="{}"?>'],
    ids=["bare", "plain", "told"],
)
def test_a_doctype_is_refused_in_every_encoding(document: str, encoding: str, declaration: str) -> None:
    name = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-8-sig": "UTF-8", "ascii": "US-ASCII"}
    text = declaration.format(name.get(encoding, encoding)) + document
    with pytest.raises((NotWellFormed, InvalidEncoding)):
        parse(text.encode(encoding), LIMITS)
    assert salvage(text.encode(encoding), "a", LIMITS) is None


def test_an_entity_is_not_looked_up_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hemmelig")
    uri = (tmp_path / "secret").as_uri()
    with pytest.raises(NotWellFormed):
        parse(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{uri}">]><a>&x;</a>'.encode(), LIMITS)


def test_text_about_a_doctype_in_a_message_is_refused_too_rather_than_guessed_at() -> None:
    with pytest.raises(NotWellFormed):
        parse(b"<a><![CDATA[<!DOCTYPE a>]]></a>", LIMITS)


# --- encodings


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        (None, "utf-8"),
        (None, "utf-8-sig"),
        (None, "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
        ("UTF-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("ISO-8859-1", "iso-8859-1"),
        ("iso-8859-1", "iso-8859-1"),
    ],
)
def test_the_encodings_that_are_read_give_the_same_text(declared: str | None, codec: str) -> None:
    declaration = (
        "" if declared is None else f"<?xml version='1.0' encoding='{declared}' standalone=\"yes\"?>"
    )
    assert parse(f"{declaration}<a>blåbærøl</a>".encode(codec), LIMITS).text == "blåbærøl"


@pytest.mark.parametrize("declared", ["KOI8-R", "windows-1252", "UTF-7", "UTF-32", "ISO-10646-UCS-4", "x"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_any_other_encoding_is_an_invalid_encoding(declared: str, quote: str) -> None:
    declaration = f"<?xml  version = {quote}1.0{quote}\n\tencoding = {quote}{declared}{quote} ?>"
    with pytest.raises(InvalidEncoding):
        parse(f"{declaration}<a/>".encode(), LIMITS)


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_an_invalid_encoding_with_and_without_its_mark(codec: str) -> None:
    with pytest.raises(InvalidEncoding):
        parse("<a>x</a>".encode(codec), LIMITS)


@pytest.mark.parametrize(
    "declaration",
    [
        f'<?xml version="1.0"{" " * 500}encoding="KOI8-R"?>',
        '<?xml version="1.000000000000" encoding="KOI8-R"?>',
        f'<?xml version="1.0" encoding="{"KOI8-R" * 20}"?>',
        '<?xml version="1.0" encoding="KOI8-R" nonsense="yes"?>',
    ],
    ids=["blanks", "version", "name", "more"],
)
def test_an_encoding_cannot_be_hidden_in_a_strange_declaration(declaration: str) -> None:
    with pytest.raises((NotWellFormed, InvalidEncoding)):
        parse(declaration.encode() + b"<a>\xc1</a>", LIMITS)


def test_only_xml_1_0_is_read() -> None:
    with pytest.raises(NotWellFormed, match=r"not XML 1\.0"):
        parse(b'<?xml version="1.1"?><a/>', LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>\xff</a>",
        b'<?xml version="1.0" encoding="us-ascii"?><a>\xe6</a>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    ],
)
def test_bytes_that_are_not_in_their_encoding_are_refused(body: bytes) -> None:
    with pytest.raises((NotWellFormed, InvalidEncoding)):
        parse(body, LIMITS)


# --- what an identifier may be written as


@pytest.mark.parametrize(
    "written",
    [
        "13<!-- - -->1169",
        "<![CDATA[131169]]>",
        "13<![CDATA[11]]>69",
        "13<?pi x?>1169",
        "&#49;31169",
        "131169",
    ],
)
def test_an_identifier_reads_the_same_however_it_is_written(written: str) -> None:
    root = parse(f"<a>{written}</a>".encode(), LIMITS)
    assert root.text == "131169"
    assert len(root) == 0


# --- what can be saved of a broken document

WHOLE = b"<m><i><id>1</id></i><rest>"


@pytest.mark.parametrize("rest", [b"", b"</wrong>", b"<", b"&unknown;", b"<a>" * 300, b"\x00", b"\xff"])
def test_what_came_whole_before_the_break_is_saved(rest: bytes) -> None:
    saved = salvage(WHOLE + rest, "i", Limits())
    assert saved is not None
    assert saved.findtext("id") == "1"


def test_what_came_whole_is_saved_from_a_document_of_many_pieces() -> None:
    saved = salvage(b"<m>" + b"<x/>" * 5_000 + b"<i><id>1</id></i>" + b"<y>" * 5_000, "i", Limits())
    assert saved is not None
    assert saved.findtext("id") == "1"


@pytest.mark.parametrize("body", [b"<m><i><id>1</id>", b"<m><i", b"<m/>", b"", b"<m></n><i/>"])
def test_what_did_not_come_whole_is_not_saved(body: bytes) -> None:
    assert salvage(body, "i", LIMITS) is None


def test_a_wide_document_is_saved_too() -> None:
    saved = salvage("<m><i><id>blåbær</id></i><rest>".encode("utf-16"), "i", LIMITS)
    assert saved is not None
    assert saved.findtext("id") == "blåbær"


@given(st.binary(max_size=200) | st.text(alphabet="<>/a=\"' !?[]&;-x\n\x00", max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_a_fault(body: bytes) -> None:
    with suppress(NotWellFormed, InvalidEncoding):
        parse(body, LIMITS)
    salvage(body, "a", LIMITS)
