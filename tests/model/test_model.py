"""Whatever is done in whatever order, the adapter answers as the model does. (Promises P1 to P4)

The ordinary run is the same each time, so that it fails only because of what was changed; the slow one goes
other ways each time, and prints the way it went when it finds something.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine

if TYPE_CHECKING:
    from tests.model.rig import Rig

_ORDINARY = settings(
    max_examples=25,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)


@pytest.mark.timeout(600)  # it takes seconds; when it finds something, it looks for the shortest way there
def test_the_adapter_does_as_the_model(rig: Rig) -> None:
    run_state_machine_as_test(partial(Machine, rig), settings=_ORDINARY)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_adapter_does_as_the_model_for_long(rig: Rig) -> None:
    often = settings(_ORDINARY, max_examples=600, stateful_step_count=50, derandomize=False, print_blob=True)
    run_state_machine_as_test(partial(Machine, rig), settings=often)
