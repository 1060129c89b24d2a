"""Labels in ZPL II, the language of Zebra's label printers: the printer draws the symbol itself. Pure.

Commands (ZPL II Programming Guide): ``^XA``/``^XZ`` one label, ``^CI28`` UTF-8, ``^FO`` where a field begins, ``^BQ`` a
QR code, ``^BX`` a DataMatrix, ``^A0`` the scalable font, ``^FH`` hexadecimal escapes behind an underscore.
"""

from resolver.label.label import LINE_MM, MODULE_MM, TEXT_MM, Label
from resolver.label.symbol import QUIET_ZONE, Carrier

_LARGEST_QR_DOTS = 10
_QR_TOP_DOTS = 10
"""``^BQ`` sets its symbol ten dots below the field's origin."""


def zpl(label: Label, *, dpi: int, module_mm: float = MODULE_MM, modules: int) -> str:
    """One label, ending in a line feed. ``modules`` a side decide where the text begins.

    A module is a whole number of dots, the nearest to ``module_mm``; ``^BQ`` knows 1 to 10.
    """
    dots_mm = dpi / 25.4
    dots = max(1, round(module_mm * dots_mm))
    quiet = QUIET_ZONE[label.carrier]
    if label.carrier is Carrier.QR:
        dots = min(dots, _LARGEST_QR_DOTS)
        left, top = quiet * dots, max(0, quiet * dots - _QR_TOP_DOTS)
        drawn = f"^FO{left},{top}^BQN,2,{dots}^FH^FDMA,{_escaped(label.content)}^FS"
    else:
        drawn = f"^FO{quiet * dots},{quiet * dots}^BXN,{dots},200,,,,_^FD{_with_fnc1(label.content)}^FS"
    below = (modules + 2 * quiet) * dots
    text = "".join(
        f"^FO{quiet * dots},{below + round(number * LINE_MM * dots_mm)}"
        f"^A0N,{round(TEXT_MM * dots_mm)}^FH^FD{_escaped(line)}^FS"
        for number, line in enumerate(label.lines)
    )
    return f"^XA^CI28{drawn}{text}^XZ\n"


def _escaped(text: str) -> str:
    """``text`` for a field with ``^FH``: caret, tilde and underscore by their codes."""
    return text.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def _with_fnc1(content: str) -> str:
    """A DataMatrix field with escape character ``_``: FNC1 is ``_1``, an underscore stands twice.

    In an element string FNC1 stands first and ends a value of variable length that others follow (GS1 General
    Specifications, section 7.8): of the elements printed here that is the serial (21).
    """
    doubled = content.replace("_", "__")
    if not content.startswith("("):
        return doubled
    serial, _, signature = doubled.removeprefix("(01)").partition("(8030)")
    return f"_101{serial.replace('(21)', '21')}" + (f"_18030{signature}" if signature else "")
