"""One thing that an operator is told: whom it is about, where to look, what is wrong, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """``serious`` when messages are refused or wait because of it, or will be. No text quotes a secret."""

    serious: bool
    her_id: str | None
    where: str
    what: str
    do: str
