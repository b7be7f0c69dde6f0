"""Wrong, each in one way: the structures that we promise to refuse.

Both validators must say the same, so that a case rests on the schemas and not on one library's reading.
"""

from collections.abc import Callable

import pytest

Judge = Callable[[str, str, str], tuple[bool, bool]]

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
KITH = 'xmlns:k="http://www.kith.no/xmlstds"'
XCAL = 'xmlns="urn:ietf:params:xml:ns:icalendar-2.0"'
DIALOG = 'xmlns="http://www.kith.no/xmlstds/dialog/2013-01-23"'
ACK = '<Ack V="J" DN="Ja"/>'
TOPIC = '<TemaKodet V="03" S="2.16.578.1.12.4.1.1.7602" DN="Ledige timer"/>'
QUESTION = (
    '<Sporsmal><div xmlns="http://www.w3.org/1999/xhtml">Første dose.<br/>Ingen allergi.</div></Sporsmal>'
)
FILE = '<Base64Container xmlns="http://www.kith.no/xmlstds/base64container">JVBERi0xLjQK</Base64Container>'
FREQUENCY = "<freq>WEEKLY</freq>"
CHOICES = """<Valg>
                <Kode>ja</Kode>
                <Tekst>Ja</Tekst>
              </Valg>
              <Valg>
                <Kode>nei</Kode>
                <Tekst>Nei</Tekst>
              </Valg>"""
EXPIRES = "<x-expires-at><date-time>2026-02-02T10:45:00</date-time></x-expires-at>"
STATUS = "<status><text>TENTATIVE</text></status>"

# what is different, in which message, from what, to what
CASES = [
    # the envelope
    ("no message id", "book", "<MsgId>0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001</MsgId>", ""),
    ("elements out of order", "book", ACK, f"<ProcessingStatus/>{ACK}<RequestedPriority/>"),
    ("an unknown element", "book", ACK, f"{ACK}<Ukjent/>"),
    ("an element twice", "book", ACK, ACK + ACK),
    ("an element of no namespace", "book", "<Ack ", '<Ack xmlns="" '),
    ("an unknown attribute", "book", ACK, '<Ack V="J" S="2.16"/>'),
    ("an attribute in a namespace", "book", ACK, f'<Ack {KITH} k:V="J"/>'),
    ("text between elements", "book", ACK, f"hei{ACK}"),
    ("text in a code", "book", ACK, '<Ack V="J">Ja</Ack>'),
    ("another version", "book", "v1.2 2006-05-24", "v1.1 2006-05-24"),
    ("a blank after the fixed version", "book", "v1.2 2006-05-24", "v1.2 2006-05-24 "),
    ("a day that is not", "book", "2015-02-05", "2015-02-29"),
    ("a date in Norwegian", "book", "2015-02-05", "05.02.2015"),
    ("a time stamp without a time", "book", "2026-02-02T09:30:47.0Z</", "2026-02-02</"),
    ("the hour 25", "book", "2026-02-02T09:30:47.0Z</", "2026-02-02T25:00:00</"),
    ("an empty time stamp", "book", "2026-02-02T09:30:47.0Z</", "</"),
    ("an object identifier with a blank in it", "book", "1.1.7611", "1.1. 7611"),
    ("an object identifier with two dots", "book", "1.1.7611", "1.1..7611"),
    ("an object identifier that ends in a dot", "book", "<OidRef>2.16.578.1", "<OidRef>2.16."),
    ("an object identifier with letters", "book", "<OidRef>2.16.578.1", "<OidRef>urn:oid:2.16"),
    ("an empty object identifier", "book", ' S="2.16.578.1.12.4.1.1.7611"', ' S=""'),
    ("an identifier without its type", "book", "<Id>05821560030</Id>", "<Id>05821560030</Id></Ident><Ident>"),
    (
        "the organisation's type before its name",
        "slots",
        "<OrganisationName>",
        "<TypeOrganisation/><OrganisationName>",
    ),
    (
        "an organisation without identifiers",
        "slots",
        "<Organisation/>",
        "<Organisation><OrganisationName/></Organisation>",
    ),
    ("two organisations in one receiver", "slots", "<Organisation/>", "<Organisation/><Organisation/>"),
    (
        "half a conversation reference",
        "slots",
        "<RefToParent>0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a003</RefToParent>",
        "",
    ),
    (
        "a report without documents",
        "signed",
        "<CaseNo>1</CaseNo>",
        "</PatientReport><PatientReport><CaseNo>1</CaseNo>",
    ),
    (
        "documents and reports side by side",
        "signed",
        "<PatientReport>",
        "<Document><RefDoc><MsgType/></RefDoc></Document><PatientReport>",
    ),
    (
        "another receiver of two kinds",
        "signed",
        "</Person>\n    </OtherReceiver>",
        "</Person><Organisation/></OtherReceiver>",
    ),
    ("the envelope inside itself without its parts", "book", FILE, "<MsgHead/>"),
    # what a document holds
    ("an unknown namespace in Content", "book", FILE, '<a xmlns="urn:x"/>'),
    ("no namespace in Content", "book", FILE, '<Base64Container xmlns="">AQID</Base64Container>'),
    ("an unknown element of a known namespace in Content", "book", FILE, f"<Ukjent {DIALOG}/>"),
    (
        "an element that is only local in Content",
        "book",
        FILE,
        '<OrganisationName xmlns="http://www.kith.no/xmlstds/felleskomponent1">x</OrganisationName>',
    ),
    ("two Contents", "book", f"{FILE}\n      </Content>", f"{FILE}</Content><Content/>"),
    (
        "a file both named and enclosed",
        "book",
        f"{FILE}\n      </Content>",
        f"{FILE}</Content><FileReference/>",
    ),
    ("an attribute on Content", "book", f"<Content>\n        {FILE}", f'<Content a="b">{FILE}'),
    ("base64 cut short", "book", "JVBERi0xLjQK", "JVBERi0xLjQ"),
    ("an element inside base64", "book", "JVBERi0xLjQK", "JVBE<a/>"),
    # the dialogue
    (
        "no kind of request",
        "book",
        '<TypeForesp V="RT" S="2.16.578.1.12.4.1.1.7601" DN="Reserver time"/>',
        "",
    ),
    ("a request and a note", "slots", "</Notat>", '</Notat><Foresporsel><TypeForesp V="RT"/></Foresporsel>'),
    ("a note without a topic", "slots", TOPIC, ""),
    ("the topic after the text", "slots", TOPIC, f"<Tema/>{TOPIC}"),
    ("a question after its dates", "book", "<TilDato>", "<Sporsmal/><TilDato>"),
    ("a date asked for with a time", "book", "2026-02-09", "2026-02-09T00:00:00"),
    ("two coded answers", "book", "<RollerRelatertNotat>", '<KodetOpplysning V="1"/><RollerRelatertNotat>'),
    ("an unaccented element name", "book", QUESTION, f'{QUESTION}<Formal V="1"/>'),
    (
        "a known element in the question, itself wrong",
        "book",
        QUESTION,
        f"<Sporsmal><date {XCAL}>i dag</date></Sporsmal>",
    ),
    (
        "a KITH text with another digest",
        "book",
        QUESTION,
        f'<Sporsmal {XSI} {KITH} xsi:type="k:TN" k:ICA="MD5"/>',
    ),
    ("a question of an abstract type", "book", QUESTION, f'<Sporsmal {XSI} {KITH} xsi:type="k:base"/>'),
    ("an identifier in the wrong namespace", "book", "<fk1:Id>9999999</fk1:Id>", "<Id>9999999</Id>"),
    ("a unit without an identifier's value", "book", "<fk1:Id>vaksine-1</fk1:Id>", ""),
    (
        "a unit's type after its name",
        "book",
        "<fk1:OrganisationName>Vaksinasjon</fk1:OrganisationName>",
        "<fk1:OrganisationName/><fk1:TypeOrganisation/>",
    ),
    (
        "both a professional and a person",
        "book",
        "</HealthcareProfessional>\n            </RollerRelatertNotat>",
        "</HealthcareProfessional><Person/></RollerRelatertNotat>",
    ),
    # the calendar
    ("an event without components", "book", "</properties>\n                <components/>", "</properties>"),
    ("an event's components before its properties", "book", "<vevent>", "<vevent><components/>"),
    ("an alarm outside an event", "calendar", "<vjournal/>", "<valarm/>"),
    ("an abstract component", "calendar", "<vjournal/>", "<vcalendarContainedComponent/>"),
    ("the abstract component of time zones", "calendar", "<daylight/>", "<baseComponent/>"),
    ("an abstract property type", "calendar", f"{EXPIRES}", "<baseProperty/>"),
    ("a property by a type that is none", "calendar", 'xsi:type="CommentPropType"', 'xsi:type="VeventType"'),
    ("a parameter without a type", "calendar", "<rsvp><boolean>true</boolean></rsvp>", "<baseParameter/>"),
    ("an unknown property", "calendar", STATUS, "<x-ukjent><text>x</text></x-ukjent>"),
    ("a parameter in a property's place", "calendar", STATUS, "<tzid><text>x</text></tzid>"),
    ("parameters after the value", "calendar", STATUS, "<status><text>x</text><parameters/></status>"),
    ("a property without a value", "calendar", STATUS, "<status/>"),
    ("a property with two values", "calendar", STATUS, "<status><text>a</text><text>b</text></status>"),
    ("text where an element is due", "calendar", STATUS, "<status>TENTATIVE</status>"),
    ("a time with an offset", "calendar", "2026-02-02T10:45:00", "2026-02-02T10:45:00+01:00"),
    ("a time without seconds", "calendar", "2026-02-02T10:45:00", "2026-02-02T10:45"),
    ("a time in the basic form", "calendar", "2026-02-02T10:45:00", "20260202T104500"),
    ("a time that is not", "calendar", "2026-02-02T10:45:00", "2026-02-30T10:45:00"),
    ("universal time without fractions", "calendar", "2026-02-02T08:00:00.0Z", "2026-02-02T08:00:00Z"),
    ("universal time without its mark", "calendar", "2026-02-02T08:00:00.0Z", "2026-02-02T08:00:00.0"),
    (
        "when a hold lapses, as a date",
        "calendar",
        EXPIRES,
        "<x-expires-at><date>2026-02-02</date></x-expires-at>",
    ),
    ("a last moment to cancel without a time", "calendar", "2026-02-01T10:45:00", "2026-02-01"),
    ("a message that may come, said aloud", "calendar", "<text>required</text>", "<text>optional</text>"),
    ("a message in a word of one's own", "calendar", "<text>refused</text>", "<text>nei</text>"),
    (
        "when a slot opens, as text",
        "calendar",
        EXPIRES,
        "<x-available-at><text>i morgen</text></x-available-at>",
    ),
    ("a duration that begins in weeks", "calendar", "P30M", "P5W"),
    ("a duration without its P", "calendar", "P30M", "30M"),
    ("a reason of our own making", "calendar", "Avlyst på vegne av tjenestemottaker", "Avlyst"),
    ("a blank after an enumerated text", "calendar", "GREGORIAN", "GREGORIAN "),
    ("another calendar scale", "calendar", "GREGORIAN", "JULIAN"),
    ("a relation to two", "calendar", "</uri>\n          </related-to>", "</uri><text>x</text></related-to>"),
    ("a recurrence by fortnight", "calendar", "WEEKLY", "FORTNIGHTLY"),
    ("a recurrence with the count first", "calendar", FREQUENCY, f"<count>4</count>{FREQUENCY}"),
    (
        "a recurrence with two ends",
        "calendar",
        "<count>4</count>",
        "<count>4</count><until><date>2026-03-01</date></until>",
    ),
    ("a week that begins on no day", "calendar", "<wkst>MO", "<wkst>MA"),
    ("the thirteenth month", "calendar", "<bymonth>12", "<bymonth>13"),
    ("the thirty-second day", "calendar", "<bymonthday>-1", "<bymonthday>32"),
    (
        "a period with end and length",
        "calendar",
        "<end>2026-02-10T09:00:00</end>",
        "<end>2026-02-10T09:00:00</end><duration>PT1H</duration>",
    ),
    ("half a place", "calendar", "<longitude>10.75</longitude>", ""),
    ("a number with a comma", "calendar", "10.75", "10,75"),
    ("a word for yes", "calendar", "<boolean>true", "<boolean>ja"),
    ("an offset without minutes", "calendar", "+02:00", "+02"),
    # the lists and the relation
    (
        "the relation before the person",
        "book",
        "<Person>\n            <fk1:FamilyName>",
        "<Relasjon/><Person><fk1:FamilyName>",
    ),
    ("a given name before the family name", "book", "<fk1:FamilyName>", "<fk1:GivenName/><fk1:FamilyName>"),
    ("an empty way of contact", "book", '<fk1:TeleAddress V="tel:+4700000000"/>', "<fk1:TeleCom/>"),
    (
        "a note before the practitioner",
        "practitioners",
        "<Helsepersonell>\n              <fk1:Type",
        "<Merknad/><Helsepersonell><fk1:Type",
    ),
    (
        "a practitioner's sex after the identifier",
        "practitioners",
        "<fk1:Address>",
        '<fk1:Sex V="1"/><fk1:Address>',
    ),
    (
        "a note in the older list",
        "signed",
        "</Helsepersonell>\n          </Helsepersonell>",
        "</Helsepersonell><Merknad/></Helsepersonell>",
    ),
    (
        "a relation in a list of persons",
        "signed",
        "</Person>\n          </Personer>",
        "</Person><Relasjon/></Personer>",
    ),
    # the receipt
    ("a receipt without a status", "receipt", '<Status V="2" DN="Avvist"/>', ""),
    ("an error before the status", "receipt", "<Status ", '<Error V="T01"/><Status '),
    ("a person before the further identifiers", "receipt", "<AdditionalId>", "<HCPerson/><AdditionalId>"),
    ("an address of no kind", "receipt", '<Type V="WP" DN="Arbeidsplass"/>', ""),
    ("an identifier's type with a list", "receipt", '<Type V="ENH"', '<Type S="2.16" V="ENH"'),
    ("an institution that is a person too", "receipt", "<Address>", "<HCProf/><Address>"),
    (
        "a receipt that names two messages",
        "receipt",
        "<OriginalMsgId>",
        "<OriginalMsgId/><OriginalMsgId>",
    ),
    # the resources
    ("a resource without a category", "resources", '<Kategori V="Lab"/>', ""),
    ("a resource without a name", "resources", "<Navn>Blodprøver</Navn>", "<Navn> </Navn>"),
    ("a resource that nobody owns", "resources", "<Kontakt>222223</Kontakt>", ""),
    ("an owner that is no HER-id", "resources", "222223", "HER-1"),
    ("the first free time in universal time", "resources", "2026-02-09T08:00:00", "2026-02-09T08:00:00Z"),
    ("the first free time as a date", "resources", "2026-02-09T08:00:00", "2026-02-09"),
    ("conditions without a version", "resources", "<Versjon>3</Versjon>", ""),
    ("conditions in a word", "resources", "<MaGodtas>true", "<MaGodtas>ja"),
    ("a demand that is none", "resources", 'Krav="Kreves"', 'Krav="Kanskje"'),
    ("a demand that does not say", "resources", ' Krav="Kreves"', ""),
    ("a longest text of nothing", "resources", 'MaksLengde="500"', 'MaksLengde="0"'),
    ("a message that is no demand", "resources", 'Melding="Kreves"', 'Melding="true"'),
    ("a question without choices", "resources", CHOICES, ""),
    ("a choice without a code", "resources", "<Kode>nei</Kode>", ""),
    (
        "a question after the types",
        "resources",
        "</Timetype>\n            <Kan",
        "</Timetype><Sporsmal/><Kan",
    ),
    ("a length in words", "resources", "PT10M", "10 min"),
    ("cancelling without a limit", "resources", '<KanAvbestilles FristTimer="24"/>', "<KanAvbestilles/>"),
    ("a limit after the start", "resources", 'FristTimer="0"', 'FristTimer="-1"'),
    ("half an hour's limit", "resources", 'FristTimer="0"', 'FristTimer="0.5"'),
    (
        "changing before cancelling",
        "resources",
        "<KanAvbestilles ",
        '<KanEndres FristTimer="1"/><KanAvbestilles ',
    ),
    # what a booking carries besides
    ("acceptance in a word", "book", "<Godtatt>true", "<Godtatt>ja"),
    ("acceptance of no version", "book", "<Versjon>3</Versjon>", ""),
    ("a referral without its id", "book", "<Henvisning>henvisning-7", "<Henvisning>"),
    ("an answer to no question", "book", "<Sporsmal>allergi</Sporsmal>", ""),
    (
        "an answer after the phone",
        "book",
        "</Telefon>",
        "</Telefon><Svar><Sporsmal>a</Sporsmal><Svar>b</Svar></Svar>",
    ),
    ("two phones", "book", "</Telefon>", "</Telefon><Telefon>1</Telefon>"),
    # the signature
    (
        "a signature before the documents",
        "signed",
        "<PatientReport>",
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/><PatientReport>',
    ),
    (
        "two signatures",
        "signed",
        "</MsgHead>",
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></MsgHead>',
    ),
    ("a signature of another namespace", "signed", "</PatientReport>", "</PatientReport><Signature/>"),
    ("a signature without its value", "signed", "<SignatureValue>AAECAwQFBgcICQ==</SignatureValue>", ""),
    ("a signature of nothing", "signed", "<SignedInfo>", "<SignedInfo/><SignedInfo>"),
    ("a method without its name", "signed", "<DigestMethod Algorithm", "<DigestMethod Navn"),
    ("a key with half a number", "signed", "<Exponent>AQAB</Exponent>", ""),
    ("a serial number in letters", "signed", "<X509SerialNumber>17", "<X509SerialNumber>a"),
    ("one id for two elements", "signed", "<Object>", '<Object Id="segl">'),
]


@pytest.mark.parametrize(
    ("message", "before", "after"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_refused(message: str, before: str, after: str, judge_changed: Judge) -> None:
    assert judge_changed(message, before, after) == (False, False)


@pytest.mark.parametrize("digits", ["1" * 20_000 + "x", "1." * 20_000 + "x", "1" * 20_000 + "..1"])
def test_a_hostile_object_identifier_is_refused_at_once(digits: str, judge_changed: Judge) -> None:
    # The pattern as it is published takes xmlschema a time that doubles with every digit.
    assert judge_changed("book", "<OidRef>2.16.578.1", f"<OidRef>{digits}") == (False, False)
