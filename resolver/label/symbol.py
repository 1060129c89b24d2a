"""Symbols: a code as the modules of a QR or a GS1 DataMatrix. Pure.

QR (ISO/IEC 18004) carries the URI, whose upper case keeps it in alphanumeric mode. DataMatrix (ISO/IEC 16022, ECC 200)
carries the GS1 element string behind FNC1, for packs that are too small for a QR.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import zxingcpp
from numpy.typing import NDArray

Modules = NDArray[np.bool_]
"""A symbol without its quiet zone, rows from the top: True is dark."""

Level = Literal["L", "M", "Q", "H"]
"""Error correction of a QR (ISO/IEC 18004, section 7.5.1); DataMatrix has one of its own."""


class Carrier(StrEnum):
    """What a code is printed as."""

    QR = "qr"
    DATAMATRIX = "datamatrix"


QUIET_ZONE = {Carrier.QR: 4, Carrier.DATAMATRIX: 2}
"""Light modules around a symbol: ISO/IEC 18004, section 9.1, asks for 4; ISO/IEC 16022, section 7.1, for 1, and cutting
is not exact."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol's modules and how many light ones it needs around it."""

    modules: Modules
    quiet: int

    @property
    def side(self) -> int:
        """Modules a side, with the quiet zone."""
        return len(self.modules) + 2 * self.quiet


def symbol(content: str, carrier: Carrier = Carrier.QR, level: Level = "M") -> Symbol:
    """The smallest square symbol of ``content``: a URI, or an element string with its AIs in brackets.

    A DataMatrix of an element string begins with FNC1 (symbology identifier ``]d2``), one of a URI does not.

    :raises ValueError: an element string is none of GS1's.
    """
    if carrier is Carrier.QR:
        made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    else:
        made = zxingcpp.create_barcode(
            content, zxingcpp.BarcodeFormat.DataMatrix, gs1=content.startswith("("), force_square=True
        )
    return Symbol(np.asarray(made.to_image(scale=1, add_quiet_zones=False)) == 0, QUIET_ZONE[carrier])
