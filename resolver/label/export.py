"""Exports: the codes of a range in the forms that presses and printers take, as streams of bytes. Pure.

Each portion of codes becomes one piece of bytes, so that portions can be made by several processes and be put together
in order; a short begin and end stand around them.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

from resolver.label.label import Label, png, svg
from resolver.label.pdf import pdf
from resolver.label.style import LabelStyle
from resolver.label.zip_stream import zipped
from resolver.label.zpl import zpl
from resolver.mint.mint import MintedCode

LABELS_PER_PART = 5_000
"""Labels in each ZIP, or on each PDF, of a long export: some megabytes."""


class Text(StrEnum):
    """Forms with one record a code, which can be continued at any of them."""

    NDJSON = "ndjson"
    CSV = "csv"
    ZPL = "zpl"


class Drawing(StrEnum):
    """Forms of drawn labels."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"


MEDIA_TYPES = {
    Text.NDJSON: "application/x-ndjson",
    Text.CSV: "text/csv; charset=utf-8",
    Text.ZPL: "application/zpl",
    Drawing.SVG: "image/svg+xml",
    Drawing.PNG: "image/png",
    Drawing.PDF: "application/pdf",
}
ZIP = "application/zip"

COLUMNS = ("index", "serial", "item", "uri")


def begin(form: Text) -> bytes:
    """What stands before the first record."""
    return (",".join(COLUMNS) + "\r\n").encode() if form is Text.CSV else b""


def records(form: Text, style: LabelStyle, codes: Sequence[MintedCode]) -> bytes:
    """The records of some codes."""
    writers: dict[Text, Callable[[LabelStyle, Sequence[MintedCode]], str]] = {
        Text.NDJSON: _ndjson,
        Text.CSV: _csv,
        Text.ZPL: _zpl,
    }
    return writers[form](style, codes).encode()


def _ndjson(_: LabelStyle, codes: Sequence[MintedCode]) -> str:
    # Serials, item ids and URIs of ours need no escape in JSON: base 32, digits, and a checked base URL.
    return "".join(
        [
            f'{{"index":{index},"serial":"{serial}","item":"{item}","uri":"{uri}"}}\n'
            for index, serial, item, uri, _ in codes
        ]
    )


def _csv(_: LabelStyle, codes: Sequence[MintedCode]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([minted[:4] for minted in codes])
    return out.getvalue()


def _zpl(style: LabelStyle, codes: Sequence[MintedCode]) -> str:
    if not codes:
        return ""
    modules = len(_largest(style, codes[0]).symbol().modules)
    labels = (style.label(minted) for minted in codes)
    return "".join([zpl(label, dpi=style.dpi, module_mm=style.module_mm, modules=modules) for label in labels])


def _largest(style: LabelStyle, minted: MintedCode) -> Label:
    """A label whose symbol none of its batch exceeds: encoders save room on digits, and this one's serial has none."""
    wide = "Z" * len(minted.serial)
    uri, element_string = (text.replace(minted.serial, wide) for text in (minted.uri, minted.element_string))
    return style.label(MintedCode(minted.unit_index, wide, minted.item_id, uri, element_string))


def draw(form: Drawing, style: LabelStyle, minted: MintedCode) -> bytes:
    """One label as a file of its own.

    :raises ValueError: it does not fit the page (PDF).
    """
    label = style.label(minted)
    match form:
        case Drawing.SVG:
            return svg(label, module_mm=style.module_mm).encode()
        case Drawing.PNG:
            return png(label)
        case Drawing.PDF:
            return pdf([label], module_mm=style.module_mm, title=minted.item_id)


def part(form: Drawing, style: LabelStyle, codes: Sequence[MintedCode], *, title: str = "") -> bytes:
    """Some labels as one file: a PDF of sheets, or a ZIP of drawings.

    :raises ValueError: a label does not fit the page (PDF).
    """
    if form is Drawing.PDF:
        return pdf([style.label(minted) for minted in codes], module_mm=style.module_mm, title=title)
    entries = ((f"{minted.unit_index:010}-{minted.serial}.{form}", draw(form, style, minted)) for minted in codes)
    return b"".join(zipped(entries, compress=form is Drawing.SVG))


def parts(
    form: Drawing, style: LabelStyle, portions: Iterable[Sequence[MintedCode]], *, title: str = ""
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a long export's parts, one for each portion."""
    suffix = "pdf" if form is Drawing.PDF else "zip"
    for codes in portions:
        name = f"labels-{codes[0].unit_index:010}-{codes[-1].unit_index:010}.{suffix}"
        yield name, part(form, style, codes, title=title)
