"""Line charts as SVG text, over a linear or logarithmic axis, with the numbers as tooltips."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 400, 64, 36, 150, 52
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f")

Points = Sequence[tuple[float, float]]


def line_chart(
    title: str,
    x_name: str,
    y_name: str,
    lines: Mapping[str, Points],
    *,
    logarithmic: bool = False,
    maximum: float = 1.0,
) -> str:
    """One chart: named lines of (x, y), y from 0 to ``maximum``. Without any point it is a frame that says so."""
    xs = [x for points in lines.values() for x, _ in points]
    low, high = (min(xs), max(xs)) if xs else (0.1 if logarithmic else 0.0, 1.0)
    if high <= low:
        high = low + 1
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(x: float) -> float:
        share = (log10(x) - log10(low)) / (log10(high) - log10(low)) if logarithmic else (x - low) / (high - low)
        return LEFT + wide * share

    def down(y: float) -> float:
        return TOP + tall * (1 - min(y, maximum) / maximum)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="12" role="img"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    for number in range(6):
        y = maximum * number / 5
        parts.append(
            f'<path d="M{LEFT} {down(y):.1f}H{LEFT + wide}" stroke="#ddd"/>'
            f'<text x="{LEFT - 6}" y="{down(y) + 4:.1f}" text-anchor="end">{y:g}</text>'
        )
    parts += [
        f'<text x="{across(x):.1f}" y="{TOP + tall + 18}" text-anchor="middle">{x:g}</text>'
        for x in _ticks(low, high, logarithmic=logarithmic)
    ]
    parts.append(
        f'<text x="{LEFT + wide / 2:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_name)}</text>'
        f'<text x="16" y="{TOP + tall / 2:.1f}" text-anchor="middle" transform="rotate(-90 16 {TOP + tall / 2:.1f})">'
        f"{escape(y_name)}</text>"
    )
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}">'
            f"<title>{escape(name)}: {x:g}, {y:.3g}</title></circle>"
            for x, y in points
        ]
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 14 + 18 * number}" fill="{colour}">{escape(name)}</text>'
        )
    if not xs:
        parts.append(f'<text x="{LEFT + wide / 2}" y="{TOP + tall / 2}" text-anchor="middle">nothing measured</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ticks(low: float, high: float, *, logarithmic: bool) -> list[float]:
    if not logarithmic:
        return [low + (high - low) * number / 5 for number in range(6)]
    candidates = [factor * 10.0**power for power in range(-6, 7) for factor in (1, 2, 5)]
    return [x for x in candidates if low <= x * 1.0001 and x <= high * 1.0001]
