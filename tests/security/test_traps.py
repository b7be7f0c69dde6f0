"""The traps catch what they are there for; else a test that finds them untouched would say nothing."""

from __future__ import annotations

import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
import xmlschema
from lxml import etree

if TYPE_CHECKING:
    from tests.security.traps import Traps


def test_nothing_is_sprung_by_itself(traps: Traps) -> None:
    assert traps.sprung() == []


def test_a_file_that_python_opens_springs_them(traps: Traps) -> None:
    traps.file.read_text()
    assert any(one.startswith("open") for one in traps.sprung())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who opens a file")
def test_a_file_that_libxml2_opens_springs_them(traps: Traps) -> None:
    document = f'<!DOCTYPE a [<!ENTITY b SYSTEM "{traps.file.as_uri()}">]><a>&b;</a>'.encode()
    etree.fromstring(document, etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False))
    assert "the file, below Python" in traps.sprung()


def test_an_address_that_is_called_springs_them(traps: Traps) -> None:
    with pytest.raises(OSError, match="timed out"):
        urllib.request.urlopen(traps.url, timeout=0.1)
    assert "a connection to the address" in traps.sprung()


def test_a_schema_location_that_is_followed_springs_them(traps: Traps) -> None:
    document = (
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:noNamespaceSchemaLocation="{traps.file.as_uri()}"/>'
    )
    with pytest.raises(xmlschema.XMLSchemaException):
        xmlschema.validate(document)
    assert traps.sprung() != []
