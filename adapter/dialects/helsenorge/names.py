"""The names and codes that stand on the wire: namespaces, code lists, message functions.

Facts of the standards only (HITS 1217:2018, HIS 80415:2012 and their code lists); nothing happens here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MSGHEAD = "http://www.kith.no/xmlstds/msghead/2006-05-24"
DIALOG = "http://www.kith.no/xmlstds/dialog/2013-01-23"
APPREC = "http://www.kith.no/xmlstds/apprec/2012-02-15"
FK1 = "http://www.kith.no/xmlstds/felleskomponent1"
XCAL = "urn:ietf:params:xml:ns:icalendar-2.0"
RELATION = "http://www.kith.no/xmlstds/pasientrelasjon/2014-03-28"
PRACTITIONERS = "http://www.kith.no/xmlstds/helsepersonell/2015-05-04"
RESOURCES = "urn:timebok:ressursoversikt:1"
ORDER_FORM = "urn:timebok:bestilling:1"

PREFIXES = {
    "mh": MSGHEAD,
    "dia": DIALOG,
    "ar": APPREC,
    "fk1": FK1,
    "xcal": XCAL,
    "pr": RELATION,
    "be": ORDER_FORM,
}

_OID_ROOT = "2.16.578.1.12.4.1.1."


def oid(code_list: int) -> str:
    """The object identifier of a code list."""
    return f"{_OID_ROOT}{code_list}"


@dataclass(frozen=True, slots=True)
class Code:
    """A code with the words that its list gives it."""

    value: str
    words: str


class Function(StrEnum):
    """The message functions that we take part in (code list 8279; two of them are ours, see H1 and H3)."""

    RESOURCE_OVERVIEW = "DIALOG_INNBYGGER_RESSURSOVERSIKT"
    RESERVATION = "DIALOG_INNBYGGER_TIMERESERVASJON"
    BOOKING = "DIALOG_INNBYGGER_TIMEBESTILLING"
    CANCELLATION = "DIALOG_INNBYGGER_AVTALEAVBESTILLING"
    CANCELLATION_AS_SPELT_IN_SAMPLES = "DIALOG_INNBYGGER_AVTALEBESTILLING"
    PRACTITIONER_OVERVIEW = "DIALOG_INNBYGGER_BEHANDLEROVERSIKT"


#: Those of them that no national profile can know of.
OUR_OWN = frozenset({Function.RESOURCE_OVERVIEW, Function.BOOKING})


def process_of(function: str) -> str:
    """The process of a message function. It has the same name, in other capitals (A7)."""
    misspelt = function == Function.CANCELLATION_AS_SPELT_IN_SAMPLES
    return Function.CANCELLATION.value if misspelt else function


#: Functions of code list 8279 that exist and are somebody else's business.
OTHER_FUNCTIONS = frozenset(
    f"DIALOG_INNBYGGER_{name}"
    for name in (
        "AVTALEUTSENDING",
        "DIGITALBRUKER",
        "EKONSULTASJON",
        "EKONTAKT",
        "FINN_DOKUMENTER",
        "HELSEPERSONELL",
        "HELSEREGISTER",
        "HENT_BEHANDLER",
        "HENT_DOKUMENTER",
        "HL7_DOKUMENTNOTIFIKASJON",
        "HREG_INNSYN_BRUK",
        "HREG_INNSYN_HELSEOPPLYSNINGER",
        "HREG_INNSYN_UTLEVERING",
        "HREG_MELDE_FEIL",
        "HREG_OPPFORING",
        "HREG_SLETTING_ELLER_SPERRING",
        "KOORDINATOR",
        "MELDINGSFORMIDLING",
        "RESEPTFORNYELSE",
        "SAMTYKKE",
        "TEST",
        "TIMEONSKE",
        "TIMEONSKEUNGDOM",
        "TIMER",
        "TJENESTEOVERSIKT",
    )
)

#: The message functions in which we may tell the portal something unasked (C5), by their processes.
NOTICE_FUNCTIONS = {
    "avtaleutsending": Code("DIALOG_INNBYGGER_AVTALEUTSENDING", "Dialog med innbygger - avtaleutsending"),
    "timereservasjon": Code(Function.RESERVATION, "Dialog med innbygger - timereservasjon"),
}

#: The message function of an application receipt, which is not wrapped in a MsgHead.
APPREC_FUNCTION = "APPREC"


#: What error messages may say, by the specification and by what the hub sends (helsenorge.md, A6).
CONDITIONS = frozenset(
    {"abuse:spoofing-attack"}
    | {
        f"transport:{name}"
        for name in (
            "decryption-failed",
            "expired-certificate",
            "internal-error",
            "invalid-certificate",
            "invalid-cms-pkcs",
            "invalid-encoding",
            "invalid-field-value",
            "invalid-signature",
            "missing-certificate",
            "not-well-formed-xml",
            "required-field-missing",
            "revoked-certificate",
            "revoked-cerificate",
            "unsupported-message",
            "unverified-certificate",
            "xml-not-interpretable",
        )
    }
)


class Asked(StrEnum):
    """What a request asks for: TypeForesp, code list 7601."""

    RESOURCES = "HR"
    FREE_SLOTS = "HLT"
    BOOKED_APPOINTMENTS = "HBT"
    RESERVE = "RT"
    CANCEL = "ART"
    CHANGE = "ERT"
    PRACTITIONERS = "HB"
    NOTICE = "MOA"


class Tema:
    """What a reply says: TemaKodet, code list 7602; 40 and 41 are ours (H1)."""

    APPOINTMENTS = Code("01", "Bestilte timer")
    NO_APPOINTMENTS = Code("02", "Ingen bestilte timer")
    FREE_SLOTS = Code("03", "Ledige timer")
    NO_FREE_SLOTS = Code("04", "Ingen ledige timer")
    CONFIRMED = Code("05", "Timereservasjon bekreftet")
    NOT_AVAILABLE = Code("06", "Time ikke tilgjengelig")
    CHANGED = Code("07", "Endring av time bekreftet")
    CANCELLED = Code("08", "Avbestilling av time bekreftet")
    NOT_CANCELLED = Code("09", "Time kunne ikke avbestilles")
    PRACTITIONERS = Code("20", "Behandlere")
    NO_PRACTITIONERS = Code("21", "Behandlere ikke funnet")
    REJECTED = Code("26", "Forespørsel avvist")
    NO_ACCESS = Code("30", "Ikke tilgang")
    NOT_CHANGED = Code("34", "Time kunne ikke endres")
    RESOURCES = Code("40", "Ressurstimebøker")
    NO_RESOURCES = Code("41", "Ressurstimebøker ikke funnet")


#: The words of the AppRec error codes that we send (code list 8221).
ERROR_WORDS = {
    "T01": "Ikke XML / ikke 'well formed' / uleselig",
    "T02": "XML validerer ikke",
    "T10": "Støtter ikke meldingsformatet",
    "E10": "Ugyldig meldingsidentifikator",
    "E30": "Pasientens fødselsnummer mangler",
    "E31": "Pasientens fødselsnummer er feil",
    "E32": "Pasientens navn mangler",
    "E33": "Pasientens etternavn mangler",
    "E34": "Pasientens fornavn mangler",
}

#: The status of an AppRec (code list 8258).
STATUS_WORDS = {"1": "OK", "2": "Avvist"}

#: Every TemaKodet of code list 7602, and our 40 and 41.
TEMA_CODES = frozenset(
    (
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "26",
        "27",
        "28",
        "29",
        "30",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "38",
        "SKIV",
        "40",
        "41",
    )
)
