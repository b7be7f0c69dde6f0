"""Who a command is about: from a JSON file, from standard input, or asked for; never from its arguments.

What is given as an argument stays in the shell's history and is seen by everyone on the machine. No complaint
here repeats anything of what it complains of.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from adapter.errors import TimebokError
from handlers.desk.model import Patient, Relation, Representative
from handlers.desk.national_id import is_national_id

PersonFile = Annotated[
    Path | None,
    typer.Option(
        "--patient",
        metavar="FILE",
        help="JSON with national_id, family_name, given_name, and phone, reason and representative if there "
        "are any; - is standard input. Without it they are asked for, or read from what is piped in.",
    ),
]

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXAMPLE = '{"national_id": "…", "family_name": "…", "given_name": "…"}'


class PersonFault(TimebokError):
    """What was said of a person cannot be read."""


def _is_real(number: str) -> str:
    if not is_national_id(number):
        raise ValueError("is no national identity number or D-number")
    return number


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_NationalId = Annotated[_Text, AfterValidator(_is_real)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Representative(_Entry):
    """Who acts for the patient. Of FO, VE and FU is said why they may."""

    relation: Literal["FO", "VE", "FU"]
    national_id: _NationalId
    family_name: _Text
    given_name: _Text
    phone: _Text | None = None

    def as_known(self) -> Representative:
        """As the desk knows them."""
        names = self.family_name, self.given_name
        return Representative(Relation(self.relation), self.national_id, *names, self.phone)


class _Named(_Entry):
    """A patient of whom no more than the number is needed."""

    national_id: _NationalId


class _Person(_Named):
    """A patient, with what comes with a booking for them."""

    family_name: _Text
    given_name: _Text
    phone: _Text | None = None
    reason: _Text | None = None
    representative: _Representative | None = None


_AnyOf = TypeVar("_AnyOf", bound=_Named)


class Person:
    """A patient, who acts for them, and why they come. Shows nothing of them."""

    def __init__(self, said: _Person) -> None:
        acting = said.representative
        self.patient = Patient(said.national_id, said.family_name, said.given_name, said.phone)
        self.reason = said.reason
        self.representative = acting.as_known() if acting else None


def read_person(file: Path | None) -> Person:
    """The patient of a booking. Raises ``PersonFault``, which says what is wrong and where."""
    if _is_asked(file):
        said: object = {
            "national_id": _ask("National identity number"),
            "family_name": _ask("Family name"),
            "given_name": _ask("Given name"),
            "phone": _ask("Phone (may be empty)", default="") or None,
            "reason": _ask("Reason for contact (may be empty)", default="") or None,
        }
    else:
        said = _read(file)
    return Person(_checked(_Person, said))


def read_national_id(file: Path | None) -> str:
    """Only their number: asked for, or that of JSON in which nothing else is looked at."""
    said = {"national_id": _ask("National identity number")} if _is_asked(file) else _read(file)
    if isinstance(said, dict):
        said = {key: value for key, value in said.items() if key == "national_id"}
    return _checked(_Named, said).national_id


def _is_asked(file: Path | None) -> bool:
    return file is None and sys.stdin.isatty()


def _ask(what: str, default: str | None = None) -> str:
    return str(typer.prompt(what, default=default, show_default=False, err=True)).strip()


def _read(file: Path | None) -> object:
    piped = file is None or str(file) == "-"
    where = "standard input" if piped else str(file)
    try:
        text = sys.stdin.read() if piped or file is None else file.read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise PersonFault(f"{where} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PersonFault(f"{where} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        raise PersonFault(f"{where}:{place}: this is no JSON; the patient is {_EXAMPLE}") from None


def _checked(kind: type[_AnyOf], said: object) -> _AnyOf:
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise PersonFault(f"the patient: {'; '.join(map(_complaint, error.errors()))}") from None


def _complaint(one: ErrorDetails) -> str:
    """What is wrong, with its place; but not with the name of a field that is none, which may be anything."""
    place = ".".join(map(str, one["loc"]))
    if one["type"] == "extra_forbidden":
        known = ", ".join(_Representative.model_fields if "." in place else _Person.model_fields)
        return f"there is a field that is none; there are {known}"
    return ": ".join(filter(None, [place, one["msg"].removeprefix("Value error, ")]))
