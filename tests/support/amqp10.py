"""Qpid Proton, the AMQP 1.0 library that plays the peer: what it says is what a peer sees.

It has no wheels, so it is there only where it could be built, which takes a C compiler.
"""

from __future__ import annotations

import os
from typing import Any

import pytest


def proton_or_skip() -> Any:
    """The library. Without it the module that asks is skipped, or fails where nothing may be skipped (CI)."""
    try:
        import proton
    except ImportError as error:
        why = f"no AMQP 1.0 peer: python-qpid-proton is not installed ({error})"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why, allow_module_level=True)
    return proton
