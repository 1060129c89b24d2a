"""The query parameters by which codes and labels are asked for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from resolver.batch.models import Gtin
from resolver.issue.code_range import CodeRange
from resolver.issue.models import IssueId
from resolver.label.export import Text
from resolver.label.form import Form
from resolver.label.label import MODULE_MM
from resolver.label.style import DPI, LabelStyle
from resolver.label.symbol import Carrier
from resolver.mint.mint import Layer

Issue = Annotated[IssueId | None, Query(description="The issue to stream; without one, a look at a few codes.")]
OfLayer = Annotated[Layer, Query(description="Of a look: codes on the pack, or covert ones. An issue has its own.")]
OnCarrier = Annotated[Carrier, Query(description="QR, or GS1 DataMatrix for small packs.")]
ModuleMm = Annotated[float, Query(ge=0.1, le=3, description="Size of a module in millimetres.")]
Dpi = Annotated[int, Query(ge=150, le=600, description="Of ZPL: the print head's dots an inch.")]


@dataclass(frozen=True, slots=True)
class CodesQuery:
    """Which codes, as what: records for a digital press, or ZPL."""

    gtin: Gtin = None
    issue: Issue = None
    first: Annotated[int | None, Query(ge=0, description="Of an issue: where to continue.")] = None
    count: Annotated[int, Query(ge=1, description="Of a look; an issue is streamed to its end.")] = 100
    format: Text = Text.NDJSON
    layer: OfLayer = Layer.OUTER
    carrier: OnCarrier = Carrier.QR
    module_mm: ModuleMm = MODULE_MM
    dpi: Dpi = DPI

    def style(self, codes: CodeRange) -> LabelStyle:
        """The style of these codes' labels."""
        gtin, lot = codes.batch["gtin"], codes.batch["lot"]
        return LabelStyle(gtin, lot, codes.layer, self.carrier, self.module_mm, self.dpi)


@dataclass(frozen=True, slots=True)
class LabelsQuery:
    """Which labels, as what: one drawing, a sheet, or a ZIP."""

    gtin: Gtin = None
    issue: Issue = None
    format: Form = Form.SVG
    first: Annotated[int | None, Query(alias="index", ge=0, description="The unit, or the first one of several.")] = (
        None
    )
    number: Annotated[int, Query(alias="count", ge=1, description="Of a look: units on the PDF or in the ZIP.")] = 1
    layer: OfLayer = Layer.OUTER
    carrier: OnCarrier = Carrier.QR
    module_mm: ModuleMm = MODULE_MM

    @property
    def count(self) -> int:
        """How many labels of a preview: one, when the format has room for one only."""
        return self.number if self.format.many else 1

    def style(self, codes: CodeRange) -> LabelStyle:
        """The style of these labels."""
        gtin, lot = codes.batch["gtin"], codes.batch["lot"]
        return LabelStyle(gtin, lot, codes.layer, self.carrier, self.module_mm)
