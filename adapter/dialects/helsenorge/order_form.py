"""The Bestilling document: what a request may carry for the clinic's rules. Ours, and optional (H6).

Nothing of it is judged by what the clinic asks; that is for the desk.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import find, find_all, text_of
from adapter.dialects.helsenorge.letter import contents

if TYPE_CHECKING:
    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.model import Patient
    from handlers.desk.requests import Answers


@dataclass(frozen=True, slots=True)
class OrderForm:
    """What the document says. ``appointment_id`` is the one that the citizen thinks of moving."""

    accepted_conditions: str | None = None
    referral_id: str | None = None
    answers: Answers = field(default=(), repr=False)
    phone: str | None = field(default=None, repr=False)
    appointment_id: str | None = None

    def with_phone(self, patient: Patient) -> Patient:
        """The patient, with the phone number that came with the order instead of the one in the head."""
        return patient if self.phone is None else replace(patient, phone=self.phone)


_NOTHING = OrderForm()


def read_order_form(letter: Letter, notes: Notes) -> OrderForm:
    """What came with the request. An empty answer is none, and so are conditions that are not accepted."""
    forms = contents(letter, "Bestilling")
    if not forms:
        return _NOTHING
    if len(forms) > 1:
        notes.add("T02", forms[1], "there must be one Bestilling only", "det skal bare være én Bestilling")
    form = forms[0]
    phone = text_of(form, "be:Telefon")
    return OrderForm(
        accepted_conditions=_accepted(form),
        referral_id=text_of(form, "be:Henvisning"),
        answers=_answers(form, notes),
        phone=phone and phone.removeprefix("tel:"),
        appointment_id=text_of(form, "be:Avtale"),
    )


def _accepted(form: etree._Element) -> str | None:
    accepted = text_of(form, "be:Forutsetninger/be:Godtatt") in ("true", "1")
    return text_of(form, "be:Forutsetninger/be:Versjon") if accepted else None


def _answers(form: etree._Element, notes: Notes) -> Answers:
    answers: dict[str, str] = {}
    for answered in find_all(form, "be:Svar"):
        question, choice = text_of(answered, "be:Sporsmal"), text_of(answered, "be:Svar")
        if question in answers:
            where = find(answered, "be:Sporsmal")
            notes.add("T02", where, "is answered already", "er besvart allerede")
        elif question and choice:
            answers[question] = choice
    return tuple(answers.items())
