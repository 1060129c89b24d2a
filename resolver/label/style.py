"""The style of labels: what those of one batch have in common. Pure."""

from dataclasses import dataclass

from resolver.label.label import MODULE_MM, Label, label_of
from resolver.label.symbol import Carrier
from resolver.mint.mint import Layer, MintedCode

DPI = 203
"""Dots an inch of the commonest thermal print heads (8 a millimetre)."""


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How the labels of a batch are printed. ``module_mm``: side of a module; ``dpi``: of a ZPL printer's head."""

    gtin: str
    lot: str
    layer: Layer = Layer.OUTER
    carrier: Carrier = Carrier.QR
    module_mm: float = MODULE_MM
    dpi: int = DPI

    def label(self, minted: MintedCode) -> Label:
        """The label of one code."""
        return label_of(minted, gtin=self.gtin, lot=self.lot, layer=self.layer, carrier=self.carrier)
