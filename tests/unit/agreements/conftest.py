"""The hub and the clinic as profiles describe them, with certificates that are made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import AFTER, BEFORE, key
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB
from tools.certificates import ENCRYPT, SIGN, Authority
from tools.collaboration import CITIZEN, CLINIC, Side, write_agreement, write_profile

if TYPE_CHECKING:
    from typing import Any

CPA_ID = "51f0ad3e-7f3d-4b37-9d5e-2a0c6f1f9a10"


@dataclass(frozen=True)
class Sides:
    hub: Side
    clinic: Side

    def profile(self) -> str:
        return write_profile(self.hub)

    def agreement(self, **changes: Any) -> str:
        usual: dict[str, Any] = {"cpa_id": CPA_ID, "start": BEFORE, "end": AFTER}
        return write_agreement(self.hub, self.clinic, **(usual | changes))


@pytest.fixture(scope="session")
def sides() -> Sides:
    root = Authority("Root", BEFORE, key=key("root"))

    def issue(name: str, use: str) -> Any:
        return root.issue(name, [use], BEFORE, AFTER, key=key(name)).certificate

    hub = Side(HUB, "Knutepunktet", CITIZEN, issue("their-sign", SIGN), issue("their-encrypt", ENCRYPT))
    clinic = Side(OWNER, "Klinikken", CLINIC, issue("our-sign", SIGN), issue("our-encrypt", ENCRYPT))
    return Sides(hub, clinic)
