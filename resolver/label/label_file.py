"""A file of labels in the form that was asked for: one drawing, a sheet, or a ZIP as it grows. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from resolver.label import export
from resolver.label.export import Drawing
from resolver.label.form import Form
from resolver.label.style import LabelStyle
from resolver.label.zip_stream import zipped
from resolver.mint.mint import Mint
from schemas.errors import Invalid

MAX_LABELS_ON_PDF = 2_000


class LabelFile(NamedTuple):
    """The file's bytes in pieces, its media type, and the suffix of its name."""

    pieces: Iterable[bytes]
    media_type: str
    suffix: str


def label_file(form: Form, style: LabelStyle, mint: Mint, indexes: range, *, title: str) -> LabelFile:
    """The labels of the units ``indexes``; of the first one only, when the form has room for one.

    :raises Invalid: one PDF can't have as many labels, or a label does not fit its page.
    """
    drawing = form.drawing
    if form.zipped:
        _require_fit(drawing, style, mint, indexes)
        portions = mint.portions(indexes, export.LABELS_PER_PART)
        parts = export.parts(drawing, style, portions, title=title)
        return LabelFile(zipped(parts, compress=False), export.ZIP, "zip")
    if not form.many:
        (minted,) = mint.codes(indexes[:1])
        return LabelFile([export.draw(drawing, style, minted)], export.MEDIA_TYPES[drawing], drawing.value)
    if len(indexes) > MAX_LABELS_ON_PDF:
        raise Invalid(
            "too_many",
            f"One PDF has at most {MAX_LABELS_ON_PDF} labels.",
            "Ask for format zip-pdf.",
            field="format",
        )
    _require_fit(drawing, style, mint, indexes)
    sheet = export.part(drawing, style, mint.codes(indexes), title=title)
    return LabelFile([sheet], export.MEDIA_TYPES[drawing], "pdf")


def _require_fit(drawing: Drawing, style: LabelStyle, mint: Mint, indexes: range) -> None:
    """Refuse labels that no page has room for before the first byte."""
    if drawing is not Drawing.PDF:
        return
    try:
        export.part(drawing, style, mint.codes(indexes[:1]))
    except ValueError as error:
        raise Invalid("too_large", str(error), "Choose a smaller module_mm.", field="module_mm") from None
