"""The forms in which labels can be asked for."""

from enum import StrEnum

from resolver.label.export import Drawing


class Form(StrEnum):
    """One label, one sheet, or a ZIP of many."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    ZIP_SVG = "zip-svg"
    ZIP_PNG = "zip-png"
    ZIP_PDF = "zip-pdf"

    @property
    def zipped(self) -> bool:
        """True for a ZIP."""
        return self.value.startswith("zip-")

    @property
    def drawing(self) -> Drawing:
        """How each label is drawn."""
        return Drawing(self.value.removeprefix("zip-"))

    @property
    def many(self) -> bool:
        """True when it contains more than one label."""
        return self.zipped or self is Form.PDF
