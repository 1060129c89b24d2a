"""Labels on A4 pages for the printer, as PDF. Pure: the same labels give the same bytes."""

import io
from collections.abc import Iterable, Iterator

import numpy as np
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from resolver.label.label import MODULE_MM, Label
from resolver.label.symbol import Symbol

_FONT, _FONT_PT, _LINE_PT = "Helvetica", 5.0, 6.0
_MARGIN_MM, _GAP_MM = 10.0, 3.0


def pdf(labels: Iterable[Label], *, module_mm: float = MODULE_MM, title: str = "") -> bytes:
    """Labels on sheets, row by row. Modules have their exact size; nothing of a label touches its cell's edge.

    :raises ValueError: a label is larger than the page.
    """
    out = io.BytesIO()
    # invariant: no time of making and no random document id in the file
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    cells: Iterator[tuple[float, float]] = iter(())
    for number, label in enumerate(labels):
        drawn = label.symbol()
        width, height = _cell_size(label, drawn, module_mm)
        place = next(cells, None)
        if place is None:
            if number:
                canvas.showPage()
            cells = _cells(width, height)
            place = next(cells, None)
        if place is None:
            raise ValueError(f"a label of {width / mm:.0f} mm by {height / mm:.0f} mm does not fit the page")
        _draw(canvas, label, drawn, place, width, module_mm * mm)
    canvas.save()
    return out.getvalue()


def _cell_size(label: Label, drawn: Symbol, module_mm: float) -> tuple[float, float]:
    """Width and height of a label in points: symbol with its quiet zone, and the text under it."""
    side = drawn.side * module_mm * mm
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


def _draw(canvas: Canvas, label: Label, drawn: Symbol, place: tuple[float, float], width: float, module: float) -> None:
    left, bottom = place
    text_height = len(label.lines) * _LINE_PT
    x0 = left + (width - drawn.side * module) / 2 + drawn.quiet * module
    y0 = bottom + text_height + (drawn.side - drawn.quiet) * module
    path = canvas.beginPath()
    for y, row in enumerate(np.pad(drawn.modules, ((0, 0), (1, 1)))):
        edges = (row[1:] != row[:-1]).nonzero()[0].tolist()
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            path.rect(x0 + start * module, y0 - (y + 1) * module, (end - start) * module, module)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont(_FONT, _FONT_PT)
    for number, line in enumerate(label.lines):
        canvas.drawCentredString(left + width / 2, bottom + text_height - number * _LINE_PT - _FONT_PT, line)
