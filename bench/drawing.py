"""Plots as SVG, by string: bars of ratios on a logarithmic axis, and points.

They lie on a ground of their own, light or dark as the reader's system is, and their text is text.
"""

from __future__ import annotations

import math
from typing import Callable, Final, List, NamedTuple, Optional, Sequence, Tuple
from xml.sax.saxutils import escape

COLOURS: Final = ("#4e79a7", "#59a14f", "#e07b39", "#b07aa1", "#9c755f")
"""Of the interpreters, or of the series; readable on both grounds."""

_STYLE: Final = """\
text{font:12px system-ui,sans-serif;fill:#222}
.small{font-size:10.5px;fill:#555}
.title{font-size:14px;font-weight:600}
.ground{fill:#fff}
.grid{stroke:#ddd}
.one{stroke:#777}
.gate{stroke:#c1272d;stroke-width:2}
.aim{stroke:#c1272d;stroke-width:1.5;stroke-dasharray:2 2}
.spread{stroke:#222;stroke-width:1}
@media(prefers-color-scheme:dark){
text{fill:#e6e6e6}
.small{fill:#aaa}
.ground{fill:#16181c}
.grid{stroke:#33373d}
.one{stroke:#888}
.gate,.aim{stroke:#ff7b72}
.spread{stroke:#e6e6e6}
}
"""

_WIDTH: Final = 860
_LEFT: Final = 330
_RIGHT: Final = 90
_BAR: Final = 7
_HEAD: Final = 66


Scale = Callable[[float], float]
"""A ratio -> its place from the left."""


class Bar(NamedTuple):
    """One measured ratio: series it belongs to, median and quartiles."""

    series: int
    median: float
    low: float
    high: float


class Row(NamedTuple):
    """One comparison: bars of several series, and what is wanted."""

    label: str
    peer: str
    bars: Sequence[Bar]
    gate: Optional[float] = None
    aim: Optional[float] = None


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    shown = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{shown}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _whole(height: float, title: str, description: str, parts: Sequence[str]) -> str:
    shape = (_WIDTH, round(height))
    size = 'viewBox="0 0 {} {}" width="{}" height="{}"'.format(*shape, *shape)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height:.0f}" rx="6"/>',
        _text(16, 26, title, "title"),
        *parts,
        "</svg>\n",
    ])  # fmt: skip


def _legend(series: Sequence[str], x: float, y: float) -> List[str]:
    parts = []
    for index, name in enumerate(series):
        parts.append(_square(x, y - 9, index))
        parts.append(_text(x + 13, y, name, "small"))
        x += 24 + 6.2 * len(name)
    return parts


def _square(x: float, y: float, series: int) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="10" height="10" fill="{_colour(series)}"/>'


def _colour(series: int) -> str:
    return COLOURS[series % len(COLOURS)]


def number(value: float) -> str:
    """Return a ratio in few digits; far below one as a fraction."""
    if value < 0.1:
        return f"1/{1 / value:.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _ticks(low: float, high: float) -> List[float]:
    """Return 1, 2 and 5 times the powers of ten; of many, the powers alone."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [value for value in found if low <= value <= high]


def bars(title: str, caption: str, series: Sequence[str], rows: Sequence[Row]) -> str:
    """Return bars from 1 to each ratio; right of 1, ours is faster."""
    ends = [end for row in rows for bar in row.bars for end in (bar.low, bar.high)]
    ends += [end for row in rows for end in (row.gate, row.aim) if end is not None]
    low, high = min([*ends, 1.0]) / 1.15, max([*ends, 1.0]) * 1.15
    inner = _WIDTH - _LEFT - _RIGHT
    scale = inner / (math.log(high) - math.log(low))

    def at(value: float) -> float:
        return _LEFT + (math.log(value) - math.log(low)) * scale

    heights = [max(30, len(row.bars) * (_BAR + 1)) + 10 for row in rows]
    bottom = _HEAD + sum(heights)
    parts = _legend(series, 16, 46)
    parts.append(_text(_WIDTH - 16, 46, caption, "small", "end"))
    for tick in _ticks(low, high):
        style = "one" if tick == 1 else "grid"
        parts.append(_line(at(tick), _HEAD - 8, at(tick), bottom, style))
        parts.append(_text(at(tick), bottom + 15, number(tick), "small", "middle"))
    top: float = _HEAD
    for row, height in zip(rows, heights):
        parts += _row(row, top, height, at)
        top += height
    described = "; ".join(
        f"{row.label}, {row.peer}: "
        + ", ".join(f"{series[bar.series]} {number(bar.median)}" for bar in row.bars)
        for row in rows
    )
    return _whole(bottom + 26, title, described, parts)


def _row(row: Row, top: float, height: float, at: Scale) -> List[str]:
    middle = top + (height - 10) / 2
    parts = [_text(16, middle - 2, row.label), _text(16, middle + 12, row.peer, "small")]
    y = middle - len(row.bars) * (_BAR + 1) / 2
    for bar in row.bars:
        left, right = sorted((at(1), at(bar.median)))
        parts.append(
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{max(right - left, 1):.1f}" '
            f'height="{_BAR}" fill="{_colour(bar.series)}"/>'
        )
        centre = y + _BAR / 2
        parts.append(_line(at(bar.low), centre, at(bar.high), centre, "spread"))
        y += _BAR + 1
    for value, style in ((row.gate, "gate"), (row.aim, "aim")):
        if value is not None:
            parts.append(_line(at(value), top - 1, at(value), top + height - 9, style))
    if row.bars:
        medians = sorted(bar.median for bar in row.bars)
        ends = dict.fromkeys((number(medians[0]), number(medians[-1])))
        parts.append(_text(_WIDTH - 16, middle + 4, " .. ".join(ends), "small", "end"))
    else:
        parts.append(_text(_LEFT + 8, middle + 4, "not measured", "small"))
    return parts


class Points(NamedTuple):
    """One series of a scatter: (x, y) each."""

    name: str
    values: Sequence[Tuple[float, float]]


def scatter(title: str, across: str, upward: str, series: Sequence[Points]) -> str:
    """Return points on linear axes."""
    xs = [x for one in series for x, _ in one.values]
    ys = [y for one in series for _, y in one.values]
    left, right, top, bottom = 70.0, _WIDTH - 24.0, 66.0, 330.0
    low_y, high_y = min([*ys, 0.0]), max([*ys, 0.0])
    low_y, high_y = low_y - (high_y - low_y) * 0.05, high_y + (high_y - low_y) * 0.05
    low_x, high_x = min(xs), max(xs)

    def place(x: float, y: float) -> Tuple[float, float]:
        return (
            left + (x - low_x) / ((high_x - low_x) or 1) * (right - left),
            bottom - (y - low_y) / ((high_y - low_y) or 1) * (bottom - top),
        )

    parts = _legend([one.name for one in series], 16, 46)
    step = math.pow(10, math.floor(math.log10((high_y - low_y) or 1)))
    step = next(part for part in (step / 5, step / 2, step) if (high_y - low_y) / part <= 9)
    for number_of_steps in range(math.ceil(low_y / step), math.floor(high_y / step) + 1):
        tick = number_of_steps * step
        _, y = place(low_x, tick)
        parts += [
            _line(left, y, right, y, "grid" if number_of_steps else "one"),
            _text(left - 8, y + 4, f"{tick:g}", "small", "end"),
        ]
    for ones in range(0, 257, 32):
        if low_x <= ones <= high_x:
            parts.append(_text(place(ones, 0)[0], bottom + 16, str(ones), "small", "middle"))
    for index, one in enumerate(series):
        for x, y in one.values:
            cx, cy = place(x, y)
            colour = _colour(index)
            parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="3" fill="{colour}"/>')
    parts.append(_text((left + right) / 2, bottom + 34, across, "small", "middle"))
    parts.append(_text(_WIDTH - 16, 46, upward, "small", "end"))
    return _whole(bottom + 46, title, f"{upward}, by {across}", parts)
