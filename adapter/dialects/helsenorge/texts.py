"""What a citizen reads: the title of an appointment, and why a wish is not granted.

All our sentences stand here and nowhere else. A language is a ``Words``; bokmål is complete, and another one
is made by replacing what it says differently. Short, and never about another patient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.desk.model import Appointment

#: A name that is no abbreviation (INR), no brand (HPV-vaksine) and no number: in a sentence, it is small.
_PLAIN_WORD = re.compile(r"[A-ZÆØÅ][a-zæøå]+(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Words:
    """What we say in one language.

    ``declined`` has a sentence for every reason. ``declined_with`` has one for those that come with a
    ``detail``, which stands where ``{detail}`` is: a number, a version, an id, a time; never a patient's.
    """

    title: str
    at: str
    invalid_request: str
    declined: Mapping[Reason, str]
    declined_with: Mapping[Reason, str]

    def why_declined(self, reason: Reason, detail: str | None) -> str:
        """The sentence for a citizen: what is in the way, and what to do about it."""
        template = None if detail is None else self.declined_with.get(reason)
        return self.declined[reason] if template is None else template.format(detail=detail)

    def title_of(self, appointment: Appointment) -> str:
        """What the appointment is called: «Time til koronatest hos Hall 1 Beste kommune».

        The calendar's name and the organisation's are left out when the calendar is no longer open.
        """
        title = self.title.format(kind=as_running_text(appointment.title))
        calendar = appointment.calendar
        if calendar is None:
            return title
        organisation = "" if calendar.organisation in calendar.name else f" {calendar.organisation}"
        return title + self.at.format(where=calendar.name + organisation)


def as_running_text(name: str) -> str:
    """A time type's name as it stands in the middle of a sentence: «Koronatest» is «koronatest»."""
    return name[:1].lower() + name[1:] if _PLAIN_WORD.match(name) else name


BOKMAL = Words(
    title="Time til {kind}",
    at=" hos {where}",
    invalid_request="Forespørselen kan ikke besvares, fordi den inneholder feil.",
    declined=MappingProxyType(
        {
            Reason.SLOT_UNKNOWN: "Timen finnes ikke lenger. Velg en annen time.",
            Reason.SLOT_MOVED: "Timen er flyttet. Hent ledige timer på nytt og velg igjen.",
            Reason.SLOT_TAKEN: "Timen er dessverre ikke ledig lenger. Velg en annen time.",
            Reason.SLOT_PASSED: "Timen har allerede begynt. Velg en annen time.",
            Reason.SLOT_NOT_YET_AVAILABLE: "Timen kan ikke bestilles ennå. Prøv igjen senere.",
            Reason.SLOT_BY_PHONE_ONLY: "Timen kan ikke bestilles på nett. Ring oss for å bestille den.",
            Reason.OTHER_PRACTITIONER: "Timen er hos en annen behandler enn den du ønsket.",
            Reason.TYPE_HIDDEN: "Timen kan bare bestilles av oss, eller av deg som har fått en invitasjon.",
            Reason.TOO_EARLY_TO_BOOK: "Det er for tidlig å bestille timen. Prøv igjen senere.",
            Reason.TOO_LATE_TO_BOOK: "Det er for sent å bestille timen på nett. Velg en senere time.",
            Reason.BLOCKED: "Du kan ikke bruke timebestillingen på nett her. Ring oss.",
            Reason.NOT_IN_GROUP: "Timene her er for en bestemt gruppe. Ring oss hvis du hører til den.",
            Reason.TOO_YOUNG: "Timene her er for deg som er eldre.",
            Reason.TOO_OLD: "Timene her er for deg som er yngre.",
            Reason.OTHER_SEX: "Timene her er for pasienter av det andre kjønnet.",
            Reason.NOT_LISTED_WITH_PRACTITIONER: "Timene her er for dem som står på listen til behandleren.",
            Reason.REPRESENTATIVE_REQUIRED: "En foresatt, verge eller fullmektig må bestille for pasienten.",
            Reason.REPRESENTATIVE_REFUSED: "Timene her må pasienten bestille selv.",
            Reason.NOT_ONLINE: "Her kan du ikke bestille time på nett. Ring oss.",
            Reason.ALREADY_OCCUPIED: "Du har allerede en time på samme tid. Velg en annen time.",
            Reason.TOO_MANY_OPEN: "Du har allerede så mange timer av denne typen som du kan ha.",
            Reason.CONDITIONS_NOT_ACCEPTED: "Du må lese og godta vilkårene før du kan bestille timen.",
            Reason.REASON_REQUIRED: "Du må skrive hva timen gjelder.",
            Reason.REASON_REFUSED: "Du kan ikke skrive hva timen gjelder her. Fjern teksten og prøv igjen.",
            Reason.REASON_TOO_LONG: "Det du har skrevet om hva timen gjelder, er for langt. Kort det ned.",
            Reason.PHONE_REQUIRED: "Du må oppgi et telefonnummer som vi kan nå deg på.",
            Reason.PHONE_REFUSED: "Du kan ikke oppgi telefonnummer her. Fjern det og prøv igjen.",
            Reason.ANSWER_REQUIRED: "Du må svare på spørsmålene før du kan bestille timen.",
            Reason.ANSWER_UNKNOWN: "Et av svarene er ikke et av dem du kan velge mellom. Svar på nytt.",
            Reason.ANSWERS_LEAD_ELSEWHERE: "Timen passer ikke med det du har svart. Velg en som passer.",
            Reason.REFERRAL_UNKNOWN: "Vi finner ikke invitasjonen. Ring oss.",
            Reason.REFERRAL_USED: "Invitasjonen er allerede brukt. Ring oss hvis du trenger en ny.",
            Reason.REFERRAL_FOR_OTHER_TIME: "Invitasjonen gjelder ikke denne timen. Velg en annen.",
            Reason.APPOINTMENT_UNKNOWN: "Vi finner ingen slik time på deg.",
            Reason.APPOINTMENT_CANCELLED: "Timen er allerede avbestilt.",
            Reason.APPOINTMENT_NOT_BEGUN: "Timen har ikke begynt ennå.",
            Reason.APPOINTMENT_PASSED: "Timen har allerede begynt.",
            Reason.APPOINTMENT_NOT_ONLINE: "Timen kan ikke endres eller avbestilles på nett. Ring oss.",
            Reason.CANCEL_NOT_ALLOWED: "Denne timen kan ikke avbestilles på nett. Ring oss.",
            Reason.TOO_LATE_TO_CANCEL: "Det er for sent å avbestille timen på nett. Ring oss.",
            Reason.CHANGE_NOT_ALLOWED: "Denne timen kan ikke endres på nett. Ring oss.",
            Reason.TOO_LATE_TO_CHANGE: "Det er for sent å endre timen på nett. Ring oss.",
            Reason.CHANGED_TOO_OFTEN: "Timen er endret så mange ganger som den kan endres på nett. Ring oss.",
            Reason.CANNOT_MOVE_THERE: "Timen kan ikke flyttes dit. Velg et annet sted, eller ring oss.",
            Reason.MESSAGE_REQUIRED: "Du må skrive en melding til oss om hvorfor.",
            Reason.MESSAGE_REFUSED: "Du kan ikke skrive en melding her. Fjern teksten og prøv igjen.",
        }
    ),
    declined_with=MappingProxyType(
        {
            Reason.TOO_LATE_TO_BOOK: "Fristen for å bestille på nett er {detail} t før. Velg en senere time.",
            Reason.TOO_YOUNG: "Timene her er for deg som er {detail} år eller eldre den dagen timen er.",
            Reason.TOO_OLD: "Timene her er for deg som er {detail} år eller yngre den dagen timen er.",
            Reason.TOO_MANY_OPEN: "Du kan ikke ha flere enn {detail} slike timer samtidig.",
            Reason.CONDITIONS_NOT_ACCEPTED: "Les og godta vilkårene i versjon {detail} før du bestiller.",
            Reason.REASON_TOO_LONG: "Det du skriver om hva timen gjelder, kan ha høyst {detail} tegn.",
            Reason.ANSWER_REQUIRED: "Du må svare på spørsmålet «{detail}» før du kan bestille timen.",
            Reason.ANSWER_UNKNOWN: "Svaret på spørsmålet «{detail}» er ikke et av dem du kan velge mellom.",
            Reason.TOO_LATE_TO_CANCEL: "Fristen for å avbestille på nett er {detail} t før timen. Ring oss.",
            Reason.TOO_LATE_TO_CHANGE: "Fristen for å endre timen på nett er {detail} t før. Ring oss.",
            Reason.CHANGED_TOO_OFTEN: "Timen kan ikke endres flere enn {detail} ganger på nett. Ring oss.",
        }
    ),
)


def title_of(appointment: Appointment) -> str:
    """What an appointment is called, in replies to citizens and in the clinic's own messages alike."""
    return BOKMAL.title_of(appointment)
