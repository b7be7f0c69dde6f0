"""Two pictures for the docs, as plain SVG: what each answers a second, and how cost grows with the store.

They are read on light and on dark pages, so they bring their own ground.
"""

from __future__ import annotations

from html import escape
from math import log10
from statistics import median
from typing import Any

_OURS, _OTHERS, _INK, _FAINT = "#0b6e4f", "#8aa1b1", "#1c2b33", "#d5dee3"
_LINES = ("#0b6e4f", "#3d7ea6", "#b5651d", "#7a4b94", "#a23b3b", "#5b6b2f")
_LEFT, _WIDTH, _ROW = 190, 760, 34


def draw(found: dict[str, Any]) -> dict[str, str]:
    """The pictures that the figures are enough for, by the names of their files."""
    pictures = {}
    if "throughput" in found:
        pictures["throughput.svg"] = bars(found["throughput"]["mixed"]["runs"])
    if "growth" in found:
        pictures["growth.svg"] = curves(found["growth"])
    return pictures


def bars(runs: dict[str, list[dict[str, float]]]) -> str:
    """A bar for the median of each contender, and a dot for each round."""
    rates = {name: [run["rate"] for run in of_one] for name, of_one in runs.items()}
    scale = (_WIDTH - _LEFT - 80) / max(map(max, rates.values()))
    parts = [_text(10, 24, "Requests answered a second: bar median, dots rounds", bold=True)]
    for row, (name, values) in enumerate(sorted(rates.items(), key=lambda one: -median(one[1]))):
        y, colour = 44 + row * _ROW, _OURS if "timebok" in name else _OTHERS
        label = f"timebok, {name}" if name == "no broker" else name
        parts.append(_text(_LEFT - 10, y + 17, label, anchor="end"))
        parts.append(
            f'<rect x="{_LEFT}" y="{y}" width="{median(values) * scale:.1f}" height="24" fill="{colour}"/>'
        )
        parts += [
            f'<circle cx="{_LEFT + value * scale:.1f}" cy="{y + 12}" r="3" fill="{_INK}"/>'
            for value in values
        ]
        parts.append(_text(_LEFT + max(values) * scale + 10, y + 17, f"{median(values):.0f}"))
    return _picture(parts, 54 + len(rates) * _ROW)


def curves(growth: dict[str, dict[str, dict[str, dict[str, float]]]]) -> str:
    """Time of a message against the slots in the store, both to the smallest store: flat is good."""
    lines = {
        f"{question}, {database}": {int(size): one["ratio"] for size, one in of_size.items()}
        for database, questions in growth.items()
        for question, of_size in questions.items()
    }
    sizes = sorted(next(iter(lines.values())))
    top = max(2.0, *(ratio for line in lines.values() for ratio in line.values()))
    low, high = log10(sizes[0]), log10(sizes[-1])

    def x(size: int) -> float:
        return 60 + (log10(size) - low) / (high - low) * 370

    def y(ratio: float) -> float:
        return 260 - ratio / top * 200

    parts = [_text(10, 24, "Time of a message by the slots in the store; 1 is the smallest store", bold=True)]
    for ratio in (0, 1, 2):
        parts.append(f'<path d="M60 {y(ratio):.1f}H430" stroke="{_FAINT}"/>')
        parts.append(_text(50, y(ratio) + 4, str(ratio), anchor="end"))
    parts += [_text(x(size), 282, f"{size:,}", anchor="middle") for size in sizes]
    for number, (name, line) in enumerate(lines.items()):
        colour = _LINES[number % len(_LINES)]
        points = " ".join(f"{x(size):.1f},{y(line[size]):.1f}" for size in sizes)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<rect x="452" y="{51 + 22 * number}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(470, 62 + 22 * number, f"{name}: {line[sizes[-1]]:.2f}"))
    return _picture(parts, 300)


def _text(x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _picture(parts: list[str], height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13" fill="{_INK}">'
    )
    ground = f'<rect width="{_WIDTH}" height="{height}" fill="#fbfcfc"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])
