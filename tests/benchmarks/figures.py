"""What is made of many measurements: medians, percentiles, and ratios between what ran in the same round."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not pass, the nearest that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def paired(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratio in each round: what both had to bear with in it falls out."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def middle(values: Sequence[float]) -> str:
    """The median, and between which two the values lie, for a person."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
