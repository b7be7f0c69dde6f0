"""A message sent and what came back for it, as a tester looks at them: codes first, documents beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapter.playing.comparing import first_difference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapter.playing.cases import Case


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of a message. ``documents`` are the bytes that came back, by their kind."""

    file: Path
    function: str | None
    code: str | None
    outcome: str
    apprec: Mapping[str, Any] | None = None
    reply: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def as_expected(self, case: Case) -> tuple[bool | None, str | None]:
        """Whether it is what the case expects (``None``: it says nothing), and else the first difference."""
        if case.expected is None and not case.documents:
            return None, None
        for name, expected in (case.expected or {}).items():
            if (actual := getattr(self, name)) != expected:
                return False, f"{name}: expected {expected}, got {actual}"
        for kind, document in case.documents.items():
            if kind not in self.documents:
                return False, f"{kind}: expected, and none came"
            if difference := first_difference(document, self.documents[kind]):
                return False, f"{kind}: {difference}"
        return True, None
