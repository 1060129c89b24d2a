"""Labels: a code as a QR symbol (ISO/IEC 18004), alone or on a sheet for the printer. Pure.

Error correction M, quiet zone of four modules. The URI is all upper case, so that it stays in alphanumeric mode.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

QUIET_ZONE = 4
"""Light modules around a symbol (ISO/IEC 18004, section 9.1)."""

_FONT, _FONT_PT, _LINE_PT = "Helvetica", 5.0, 6.0
_MARGIN_MM, _GAP_MM = 10.0, 3.0


@dataclass(frozen=True, slots=True)
class Label:
    """What a label shows: the URI in the symbol, and under it the element strings for people."""

    uri: str
    gtin: str
    lot: str
    serial: str

    @property
    def lines(self) -> tuple[str, str, str]:
        """Human readable interpretation: AI in brackets, one a line."""
        return f"(01){self.gtin}", f"(10){self.lot}", f"(21){self.serial}"


Rows = Sequence[Sequence[bool]]
"""A symbol without its quiet zone: True is dark."""


def svg(label: Label, *, module_mm: float = 0.5) -> str:
    """One label as SVG in millimetres."""
    rows = _single(label.uri).get_matrix()
    side = len(rows)  # quiet zone included
    text_height = len(label.lines) * 2.4 / module_mm
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _runs(row))
    text = "".join(
        f'<text x="{QUIET_ZONE}" y="{side + (number + 0.6) * 2.4 / module_mm:.2f}"'
        f' font-size="{1.9 / module_mm:.2f}" font-family="monospace" textLength="{side - 2 * QUIET_ZONE}"'
        f' lengthAdjust="spacingAndGlyphs">{escape(line)}</text>'
        for number, line in enumerate(label.lines)
    )
    width, height = side * module_mm, (side + text_height) * module_mm
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm"'
        f' viewBox="0 0 {side} {side + text_height:g}"><title>{escape(label.uri)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="{path}" fill="#000" shape-rendering="crispEdges"/>{text}</svg>'
    )


def png(label: Label, *, pixels: int = 10) -> bytes:
    """One symbol as PNG, ``pixels`` a module."""
    image = _single(label.uri, pixels).make_image(image_factory=PilImage)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def symbol(uri: str) -> Rows:
    """One symbol by the quick encoder: for sheets and files of many."""
    image = zxingcpp.create_barcode(uri, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    height, width = image.shape
    pixels = Image.fromarray(image).tobytes()
    return [[pixel == 0 for pixel in pixels[y * width : (y + 1) * width]] for y in range(height)]


def pdf(labels: Iterable[Label], *, module_mm: float = 0.5, title: str = "") -> bytes:
    """Labels on A4 sheets, row by row. Modules have their exact size; nothing of a label touches its cell's edge.

    :raises ValueError: a label is larger than the page.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    cells: Iterator[tuple[float, float]] = iter(())
    for number, label in enumerate(labels):
        rows = symbol(label.uri)
        width, height = _cell_size(label, len(rows), module_mm)
        place = next(cells, None)
        if place is None:
            if number:
                canvas.showPage()
            cells = _cells(width, height)
            place = next(cells, None)
        if place is None:
            raise ValueError(f"a label of {width / mm:.0f} mm by {height / mm:.0f} mm does not fit the page")
        _draw(canvas, label, rows, place, width, module_mm * mm)
    canvas.save()
    return out.getvalue()


def _single(uri: str, pixels: int = 10) -> "qrcode.QRCode[Any]":
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, box_size=pixels)
    code.add_data(uri)
    code.make(fit=True)
    return code


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    start = None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            yield start, x - start
            start = None


def _cell_size(label: Label, modules: int, module_mm: float) -> tuple[float, float]:
    """Width and height of a label in points: symbol with its quiet zone, and the text under it."""
    side = (modules + 2 * QUIET_ZONE) * module_mm * mm
    text = max(stringWidth(line, _FONT, _FONT_PT) for line in label.lines) + 2 * mm
    return max(side, text), side + len(label.lines) * _LINE_PT


def _cells(width: float, height: float) -> Iterator[tuple[float, float]]:
    """Lower left corners of a page's cells, from the top left, in points."""
    page_width, page_height = A4
    margin, gap = _MARGIN_MM * mm, _GAP_MM * mm
    top = page_height - margin - height
    while top >= margin:
        left = margin
        while left + width <= page_width - margin:
            yield left, top
            left += width + gap
        top -= height + gap


def _draw(canvas: Canvas, label: Label, rows: Rows, place: tuple[float, float], width: float, module: float) -> None:
    left, bottom = place
    text_height = len(label.lines) * _LINE_PT
    side = (len(rows) + 2 * QUIET_ZONE) * module
    x0 = left + (width - side) / 2 + QUIET_ZONE * module
    y0 = bottom + text_height + (QUIET_ZONE + len(rows)) * module
    path = canvas.beginPath()
    for y, row in enumerate(rows):
        for x, run in _runs(row):
            path.rect(x0 + x * module, y0 - (y + 1) * module, run * module, module)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont(_FONT, _FONT_PT)
    for number, line in enumerate(label.lines):
        canvas.drawCentredString(left + width / 2, bottom + text_height - number * _LINE_PT - _FONT_PT, line)
