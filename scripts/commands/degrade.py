"""Measure how small, blurred and noisy a symbol may be: two decoders a carrier, the same symbols for each condition.

A symbol is drawn large, turned by a few degrees, blurred as by a lens out of focus, shrunk to so many camera pixels a
module, and given sensor noise. The figure is the fewest pixels a module at which nearly all symbols are read.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import arbez_dmtx
import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from resolver.label.label import Label
from resolver.label.style import LabelStyle
from resolver.label.symbol import Carrier, Symbol
from resolver.mint.mint import Layer, Mint, Recipe

Picture = NDArray[np.uint8]
Decoder = Callable[[Picture], str]

PIXELS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
CONDITIONS = ((0.0, 0), (0.0, 12), (0.6, 0), (0.6, 12), (1.0, 12), (0.6, 30))
"""Blur (standard deviation in camera pixels) and noise (standard deviation in grey levels of 255)."""

ENOUGH = 0.95
_DRAWN = 12
"""Pixels a module before shrinking."""

_GTIN = "09521234000013"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of label."""

    name: str
    carrier: Carrier
    signed: bool

    def labels(self, count: int) -> list[Label]:
        """The first labels of a batch."""
        kid, key = ("7K", bytes(range(32))) if self.signed else (None, None)
        mint = Mint(Recipe(Layer.OUTER, _GTIN, 7, 0, "https://id.example.com", bytes(32), kid, key))
        style = LabelStyle(_GTIN, "L1", carrier=self.carrier)
        return [style.label(minted) for minted in mint.codes(range(count))]


SORTS = tuple(
    Sort(f"{grade} {carrier.value}", carrier, grade == "signed")
    for carrier in Carrier
    for grade in ("sealed", "signed")
)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="scripts/degrade", description=__doc__)
    parser.add_argument("--symbols", type=int, default=40, help="symbols for each condition (default 40)")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=True, width=120)
    rows = list(_rows(options.symbols))
    measured = [row() for row in track(rows, console=console, transient=True, description="reading")]
    table = Table("label", "decoder", *(f"blur {blur:g}, noise {noise}" for blur, noise in CONDITIONS))
    for name, decoder, fewest in measured:
        table.add_row(name, decoder, *("never" if pixels is None else f"{pixels:g}" for pixels in fewest))
    table.caption = f"fewest camera pixels a module at which {ENOUGH:.0%} of {options.symbols} symbols were read"
    console.print(table)
    if options.json:
        print(json.dumps([{"label": name, "decoder": decoder, "fewest": fewest} for name, decoder, fewest in measured]))
    return 0


def _rows(symbols: int) -> Iterator[Callable[[], tuple[str, str, list[float | None]]]]:
    for sort in SORTS:
        labels = sort.labels(symbols)
        for name, decode in decoders(sort.carrier).items():
            yield partial(_row, sort.name, labels, name, decode)


def _row(sort: str, labels: Any, name: str, decode: Any) -> tuple[str, str, list[float | None]]:  # noqa: ANN401 -- as decoders() gives them
    return sort, name, [fewest_pixels(labels, decode, blur, noise) for blur, noise in CONDITIONS]


def decoders(carrier: Carrier) -> dict[str, Decoder]:
    """The two independent decoders of a carrier."""
    if carrier is Carrier.QR:
        return {"zxing-cpp": _zxing, "OpenCV": _opencv}
    return {"zxing-cpp": _zxing, "libdmtx": _libdmtx}


def fewest_pixels(labels: Sequence[Label], decode: Decoder, blur: float, noise: int) -> float | None:
    """The fewest pixels a module, of those tried, at which nearly all labels are read; None when there are none."""
    for pixels in PIXELS:
        chance = np.random.default_rng(1)
        missed = 0
        for label in labels:
            seen = degraded(label.symbol(), pixels, blur, noise, chance)
            missed += not agrees(decode(seen), label.content)
            if missed > (1 - ENOUGH) * len(labels):
                break
        else:
            return pixels
    return None


def agrees(text: str, content: str) -> bool:
    """True when the decoder read the unit, whatever it makes of FNC1 between elements."""
    unit = content.partition("(8030)")[0]
    plain = unit.replace("(01)", "01").replace("(21)", "21")
    return text == content or text.removeprefix("\x1d").startswith(plain)


def degraded(drawn: Symbol, pixels: float, blur: float, noise: int, chance: np.random.Generator) -> Picture:
    """The symbol as a camera sees it: turned, blurred (in camera pixels), ``pixels`` a module, noisy."""
    light = np.pad(~drawn.modules, drawn.quiet + 4, constant_values=True)
    large = np.kron(light, np.ones((_DRAWN, _DRAWN), dtype=bool)).astype(np.uint8) * 200 + 30
    side = len(large)
    angle, shift = chance.uniform(-5, 5), chance.uniform(-_DRAWN, _DRAWN, 2)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1)
    turn[:, 2] = turn[:, 2] + shift
    seen: Any = cv2.warpAffine(large, turn, (side, side), borderValue=230)
    if blur:
        seen = cv2.GaussianBlur(seen, (0, 0), blur * _DRAWN / pixels)
    small = round(side * pixels / _DRAWN)
    seen = cv2.resize(seen, (small, small), interpolation=cv2.INTER_AREA)
    if noise:
        seen = np.clip(seen + chance.normal(0, noise, seen.shape), 0, 255)
    return np.asarray(seen, dtype=np.uint8)


def _zxing(picture: Picture) -> str:
    barcode = zxingcpp.read_barcode(picture)
    return "" if barcode is None else str(barcode.text)


def _opencv(picture: Picture) -> str:
    return str(cv2.QRCodeDetector().detectAndDecode(picture)[0])


def _libdmtx(picture: Picture) -> str:
    symbols: list[Any] = arbez_dmtx.decode(Image.fromarray(picture), max_count=1, timeout=2000)  # type: ignore[no-untyped-call]  # it has no types
    return symbols[0].data.decode("latin-1") if symbols else ""
