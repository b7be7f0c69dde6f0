"""Right, though it may look wrong: each case differs from a valid message in one place only.

Both validators must say the same, so that a case rests on the schemas and not on one library's reading.
"""

from collections.abc import Callable

import pytest

Judge = Callable[[str, str, str], tuple[bool, bool]]

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
KITH = 'xmlns:k="http://www.kith.no/xmlstds"'
XCAL = 'xmlns="urn:ietf:params:xml:ns:icalendar-2.0"'
ERROR = '<Error V="T02" S="2.16.578.1.12.4.1.1.8221" DN="XML validerer ikke" OT="Linje 3"/>'
ACK = '<Ack V="J" DN="Ja"/>'
TOPIC = '<TemaKodet V="03" S="2.16.578.1.12.4.1.1.7602" DN="Ledige timer"/>'
QUESTION = (
    '<Sporsmal><div xmlns="http://www.w3.org/1999/xhtml">Første dose.<br/>Ingen allergi.</div></Sporsmal>'
)
FILE = '<Base64Container xmlns="http://www.kith.no/xmlstds/base64container">JVBERi0xLjQK</Base64Container>'
STATUS = "<status><text>TENTATIVE</text></status>"
LAX = '<Object><note xmlns="urn:example:note">lax</note></Object>'

# what is different, in which message, from what, to what
CASES = [
    ("blanks around a time stamp", "book", "2026-02-02T09:30:47.0Z</", "\n 2026-02-02T09:30:47.0Z </"),
    ("blanks around a date of birth", "book", "2015-02-05", "\n 2015-02-05 "),
    ("blanks around a date asked for", "book", "2026-02-09", " 2026-02-09\t"),
    ("blanks around a time in the calendar", "book", "2026-02-10T11:45:00", " 2026-02-10T11:45:00 "),
    ("blanks around a date in the calendar", "calendar", "2026-02-17", " 2026-02-17 "),
    ("blanks around a time in a receipt", "receipt", "2026-02-02T09:30:48Z", " 2026-02-02T09:30:48Z "),
    ("blanks around a code", "book", 'V="RT"', 'V=" RT "'),
    ("blanks around an object identifier", "book", "1.1.7611", "1.1.7611 "),
    ("an object identifier of one number", "book", "<OidRef>2.16.578.1", "<OidRef>2"),
    ("a code with neither value nor name", "book", ACK, "<Ack/>"),
    ("a code that nobody knows", "book", ACK, '<Ack V="?"/>'),
    ("no Ack at all", "book", ACK, ""),
    ("the fixed version left empty", "book", "v1.2 2006-05-24", ""),
    ("midnight written as hour 24", "book", "2026-02-02T09:30:47.0Z</", "2026-02-02T24:00:00</"),
    ("a comment between elements", "book", ACK, f"<!-- hei -->{ACK}"),
    (
        "a schema location, which nobody heeds",
        "book",
        "<MsgHead ",
        f'<MsgHead {XSI} xsi:schemaLocation="a b" ',
    ),
    ("an empty Content", "book", FILE, ""),
    ("two roots in one Content", "book", FILE, FILE + FILE),
    ("no Content", "book", f"<Content>\n        {FILE}\n      </Content>", ""),
    (
        "a file named instead of enclosed",
        "book",
        f"<Content>\n        {FILE}\n      </Content>",
        "<FileReference/>",
    ),
    ("blanks inside base64", "book", "JVBERi0xLjQK", "JVBE Ri0x\nLjQK"),
    ("plain text as the question", "book", QUESTION, "<Sporsmal>Er det plass?</Sporsmal>"),
    ("no question", "book", QUESTION, ""),
    ("unknown elements in the question", "book", QUESTION, '<Sporsmal><a xmlns="urn:x" b="c"/></Sporsmal>'),
    ("XHTML by no XHTML schema", "book", "<br/>", '<font size="7"/>'),
    ("any attribute on the question", "book", "<Sporsmal><div", '<Sporsmal lang="nb"><div'),
    (
        "a known element in the question, itself valid",
        "book",
        QUESTION,
        f"<Sporsmal><date {XCAL}>2026-02-09</date></Sporsmal>",
    ),
    (
        "a question that says it is a KITH text",
        "book",
        QUESTION,
        f'<Sporsmal {XSI} {KITH} xsi:type="k:TN" k:MT="text/plain" k:ICA="SHA-1"><k:REF/>x</Sporsmal>',
    ),
    ("a theme beside the topic", "slots", f"{TOPIC}", f"{TOPIC}<Tema/>"),
    ("an accented element name", "book", QUESTION, f'{QUESTION}<Formål V="1"/>'),
    ("properties in another order", "calendar", STATUS, f"<comment><text>x</text></comment>{STATUS}"),
    ("a property twice", "calendar", STATUS, STATUS + STATUS),
    ("fractions of a second", "calendar", "2026-02-02T10:45:00", "2026-02-02T10:45:00.5"),
    ("a duration in weeks", "calendar", "P30M", "5W"),
    ("a duration of nothing", "calendar", "P30M", "P"),
    ("a recurrence without an end", "calendar", "<count>4</count>", ""),
    ("a recurrence until a date", "calendar", "<count>4</count>", "<until><date>2026-03-01</date></until>"),
    ("a calendar component without properties", "calendar", "<vjournal/>", "<vjournal/><vfreebusy/>"),
    ("an institution without a name", "receipt", "<Name>Portalen</Name>", ""),
    ("a receipt without errors", "receipt", ERROR, ""),
    ("a resource that cannot be changed", "resources", '<KanEndres FristTimer="0"/>', ""),
    ("a category we did not think of", "resources", 'Kategori V="Lab"', 'Kategori V="Fysioterapi"'),
    (
        "a type that cannot be cancelled",
        "resources",
        '<KanAvbestilles FristTimer="24" Melding="Kreves"/>',
        "",
    ),
    ("a category of time that we did not think of", "resources", "Kategori>Video", "Kategori>Telefon"),
    ("no appointment to move", "book", "<Avtale>avtale-7</Avtale>", ""),
    ("an answer left empty", "book", "<Svar>Nei</Svar>", "<Svar/>"),
    (
        "two answers",
        "book",
        "</Henvisning>",
        "</Henvisning><Svar><Sporsmal>a</Sporsmal><Svar>b</Svar></Svar>",
    ),
    ("anything in the object of a signature", "signed", LAX, LAX + LAX),
    ("a key by its name", "signed", "<KeyInfo>", "<KeyInfo><KeyName>a</KeyName>"),
]


@pytest.mark.parametrize(
    ("message", "before", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_accepted(message: str, before: str, after: str, judge_changed: Judge) -> None:
    assert judge_changed(message, before, after) == (True, True)
