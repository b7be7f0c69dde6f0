"""What a citizen reads when a wish is not granted. Norwegian, short, and never about another patient."""

from __future__ import annotations

from handlers.desk.reasons import Reason

DECLINED = {
    Reason.SLOT_UNKNOWN: "Timen finnes ikke lenger. Velg en annen time.",
    Reason.SLOT_MOVED: "Timen er flyttet. Hent ledige timer på nytt og velg igjen.",
    Reason.SLOT_TAKEN: "Timen er dessverre ikke ledig lenger. Velg en annen time.",
    Reason.SLOT_PASSED: "Timen har allerede begynt. Velg en annen time.",
    Reason.OTHER_PRACTITIONER: "Timen er hos en annen behandler enn den du ønsket.",
    Reason.APPOINTMENT_UNKNOWN: "Vi finner ingen slik time på deg.",
    Reason.APPOINTMENT_CANCELLED: "Timen er allerede avbestilt.",
    Reason.APPOINTMENT_PASSED: "Timen har allerede begynt og kan ikke avbestilles.",
}

SERVICE_NOT_OFFERED = "Denne tjenesten tilbys ikke her."
INVALID_REQUEST = "Forespørselen kan ikke besvares, fordi den inneholder feil."
