"""Labels: what is printed for one unit, and how it looks as SVG or PNG. Pure.

The symbol with its quiet zone, and under it the element strings for people. SVG is in millimetres, PNG in pixels.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from resolver.label.symbol import Carrier, Modules, Symbol, symbol
from resolver.mint.mint import Layer, MintedCode

MODULE_MM = 0.5
LINE_MM, TEXT_MM = 2.4, 1.9
PNG_PIXELS = 10


@dataclass(frozen=True, slots=True)
class Label:
    """What a label shows: ``content`` in the symbol, and under it ``lines`` for people."""

    content: str
    lines: tuple[str, ...]
    carrier: Carrier = Carrier.QR

    def symbol(self) -> Symbol:
        """The label's symbol; QR at error correction M."""
        return symbol(self.content, self.carrier)


def label_of(minted: MintedCode, *, gtin: str, lot: str, layer: Layer, carrier: Carrier) -> Label:
    """The label of one code: AIs in brackets, one a line; a covert code shows its serial only."""
    content = minted.uri if carrier is Carrier.QR else minted.element_string
    lines = (f"(01){gtin}", f"(10){lot}", f"(21){minted.serial}") if layer is Layer.OUTER else (minted.serial,)
    return Label(content, lines, carrier)


def svg(label: Label, *, module_mm: float = MODULE_MM) -> str:
    """One label as SVG; its text is squeezed to the symbol's width."""
    drawn = label.symbol()
    head, begins = _frame(drawn.side, drawn.quiet, len(label.lines), module_mm)
    text = "</text>".join([begin + escape(line) for begin, line in zip(begins, label.lines, strict=True)])
    return f"{head}{outline(drawn.modules, drawn.quiet)}{text}</text></g></svg>"


@lru_cache(maxsize=64)
def _frame(side: int, quiet: int, lines: int, module_mm: float) -> tuple[str, list[str]]:
    """What labels of one size have in common: all before the path, and what begins each line of text."""
    height = side + lines * LINE_MM / module_mm
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * module_mm:g}mm" height="{height * module_mm:g}mm"'
        f' viewBox="0 0 {side} {height:g}"><rect width="100%" height="100%" fill="#fff"/>'
        '<path shape-rendering="crispEdges" d="'
    )
    begins = [
        f'<text x="{quiet}" y="{side + (number + 0.6) * LINE_MM / module_mm:.2f}" textLength="{side - 2 * quiet}"'
        ' lengthAdjust="spacingAndGlyphs">'
        for number in range(lines)
    ]
    begins[0] = f'"/><g font-size="{TEXT_MM / module_mm:.2f}" font-family="monospace">{begins[0]}'
    return head, begins


def outline(modules: Modules, quiet: int) -> str:
    """The dark modules as an SVG path: one rectangle for each run in a row, moved in by the quiet zone."""
    height, width = modules.shape
    # One light column before each row and one at the end: no run goes over an edge, and one pass finds those of all.
    apart = np.zeros(height * (width + 1) + 1, dtype=bool)
    apart[:-1].reshape(height, width + 1)[:, 1:] = modules
    edges = (apart[1:] != apart[:-1]).nonzero()[0]
    starts = edges[::2]
    bars = starts * (width + 1) + (edges[1::2] - starts)
    return "".join(map(_bars(height, width, quiet).__getitem__, bars.tolist()))


@lru_cache(maxsize=8)
def _bars(height: int, width: int, quiet: int) -> list[str]:
    """Each possible bar of a symbol of this size as a path fragment, by row, column and length.

    A table, because formatting the numbers for each bar would take longer than finding the bars.
    """
    return [
        f"M{x + quiet} {y + quiet}h{length}v1h-{length}z" if length <= width - x else ""
        for y in range(height)
        for x in range(width + 1)
        for length in range(width + 1)
    ]


def png(label: Label, *, pixels: int = PNG_PIXELS) -> bytes:
    """One label as a black-and-white PNG, ``pixels`` a module."""
    drawn = label.symbol()
    modules = np.pad(drawn.modules, drawn.quiet)
    dark = np.kron(modules, np.ones((pixels, pixels), dtype=bool))
    side = len(dark)
    line = round(4.5 * pixels)
    image = Image.new("1", (side, side + line * len(label.lines)), 1)
    image.paste(Image.fromarray(~dark), (0, 0))
    draw = ImageDraw.Draw(image)
    for number, (text, size) in enumerate(zip(label.lines, _sizes(label.lines, side, pixels), strict=True)):
        draw.text((side / 2, side + line * number), text, fill=0, font=_font(size), anchor="mt")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _sizes(lines: Sequence[str], side: int, pixels: int) -> list[int]:
    """Font sizes in pixels at which each line is no wider than the label."""
    largest = round(3.5 * pixels)
    widths = [max(1.0, _font(largest).getlength(line)) for line in lines]
    return [max(6, min(largest, int(largest * 0.96 * side / width))) for width in widths]


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
