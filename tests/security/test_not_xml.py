"""What is no XML at all, though its envelope says so: compressed, encoded by AMQP, a picture, or nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
import zlib

import pytest

from adapter.message import Lane
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

BODY = letters.reserve().body
REFUSED = "refused transport:not-well-formed-xml"


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("request.xml", content)
    return file.getvalue()


#: How AMQP 1.0 writes a body that is a value, not data: a described type, then the text or the bytes.
AMQP_VALUES = {
    "a string": b"\x00\x53\x77\xb1" + struct.pack(">I", len(BODY)) + BODY,
    "binary": b"\x00\x53\x77\xb0" + struct.pack(">I", len(BODY)) + BODY,
    "null": b"\x00\x53\x77\x40",
    "a number": b"\x00\x53\x77\x81" + b"\x00" * 8,
    "an empty list": b"\x00\x53\x77\x45",
    "a list": b"\x00\x53\x77\xd0" + struct.pack(">II", len(BODY) + 4, 1) + BODY,
    "a sequence": b"\x00\x53\x76\xd0" + struct.pack(">II", len(BODY) + 4, 1) + BODY,
    "a data section": b"\x00\x53\x75\xb0" + struct.pack(">I", len(BODY)) + BODY,
}
OTHERS = {
    "gzip": gzip.compress(BODY),
    "a gzip bomb": gzip.compress(b"<a>" + b" " * 50_000_000),
    "zip": zipped(BODY),
    "a zip bomb": zipped(b"<a>" + b" " * 50_000_000),
    "zlib": zlib.compress(BODY),
    "bzip2": bz2.compress(BODY),
    "xz": lzma.compress(BODY),
    "JSON": json.dumps({"MsgHead": BODY.decode()}).encode(),
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "an executable": b"\x7fELF\x02\x01\x01" + b"\x00" * 100,
    "an envelope of CMS": b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    "a web page": b"<!doctype html><html><p>hei<br></html>",
    "an e-mail": b"Content-Type: application/xml\r\n\r\n" + BODY,
    "base64": b"PD94bWwgdmVyc2lvbj0iMS4wIj8+",
    "a SOAP envelope": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    "a schema": b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>',
    "a stylesheet": b'<x:transform xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"/>',
    "the same names, of nobody": BODY.replace(b"http://www.kith.no", b"http://www.nobody.no"),
    "the same names, of none": BODY.replace(b' xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"', b""),
    "nothing": b"",
    "blanks": b" \r\n\t " * 100,
    "blanks of two bytes": "   ".encode("utf-16"),
    "NUL": b"\0",
    "many NUL": b"\0" * 10_000,
    "a mark": b"\xef\xbb\xbf",
    "a bracket": b"<",
    "a declaration": b'<?xml version="1.0"?>',
    "a comment": b"<!-- -->",
    "CDATA": b"<![CDATA[]]>",
}


@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
@pytest.mark.parametrize("name", [*AMQP_VALUES, *OTHERS])
def test_it_is_refused_as_it_stands(road: Road, name: str, lane: Lane) -> None:
    body = (AMQP_VALUES | OTHERS)[name]
    assert said(road.send(inbound(body, lane=lane))) == REFUSED


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity"])
def test_a_content_encoding_makes_no_difference(road: Road, encoding: str) -> None:
    outcome = road.send(inbound(gzip.compress(BODY), headers={"Content-Encoding": encoding}))
    assert said(outcome) == REFUSED


@pytest.mark.parametrize("name", [*AMQP_VALUES, *OTHERS])
def test_on_the_error_lane_no_body_is_looked_at(road: Road, name: str) -> None:
    body = (AMQP_VALUES | OTHERS)[name]
    assert said(road.send(inbound(body, lane=Lane.ERROR))) == "noted"
