"""Reading a TOML table into a frozen record: each key is checked, and the first wrong one named with its line."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from schemas.errors import Misconfigured

_Record = TypeVar("_Record")
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
_ASSIGNMENT = re.compile(r"\s*([\w-]+)\s*=")


def between(least: float, most: float) -> dict[str, tuple[float, float]]:
    """Field metadata: the value lies from ``least`` to ``most``."""
    return {"range": (least, most)}


class Checked:
    """The text of a TOML file with its name, for errors that point into it."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = _lines(text)
        self._name = name

    def require(self, holds: bool, key: str, message: str) -> None:
        """Nothing, if the claim about ``key`` (``table.key`` or ``table.index.key``) holds.

        :raises Misconfigured: it does not.
        """
        if not holds:
            line = self._lines.get(key) or self._lines.get(key.rpartition(".")[0])
            place = f"{self._name}, line {line}" if line else self._name
            raise Misconfigured(f"{place}: {key} {message}")


def read_table(kind: type[_Record], table: Mapping[str, Any], path: tuple[str, ...], checked: Checked) -> _Record:
    """``table`` as the record ``kind``; ``path`` is where it stands.

    :raises Misconfigured: a key is missing, unknown, of another type or out of range.
    """
    hints = get_type_hints(kind)
    for key in table:
        checked.require(key in hints, ".".join((*path, key)), "is not a parameter")
    values: dict[str, Any] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # every caller gives a dataclass
        place = (*path, each.name)
        checked.require(each.name in table, ".".join(place), "is missing")
        value = _value(hints[each.name], table[each.name], place, checked)
        if "range" in each.metadata:
            least, most = each.metadata["range"]
            checked.require(least <= value <= most, ".".join(place), f"is {value}, not from {least:g} to {most:g}")
        values[each.name] = value
    return kind(**values)


def _value(kind: Any, value: Any, path: tuple[str, ...], checked: Checked) -> Any:  # noqa: ANN401 -- any TOML type
    key = ".".join(path)
    if get_origin(kind) is tuple:
        checked.require(isinstance(value, list), key, "is not a list")
        element = get_args(kind)[0]
        return tuple(_value(element, each, (*path, str(index)), checked) for index, each in enumerate(value))
    if is_dataclass(kind):
        checked.require(isinstance(value, dict), key, "is not a table")
        return read_table(kind, value, path, checked)  # type: ignore[arg-type]  # a dataclass type, as just tested
    if kind is float:
        checked.require(type(value) in (int, float), key, f"is {value!r}, not a number")
        return float(value)
    checked.require(type(value) is kind, key, f"is {value!r}, not {kind.__name__}")
    return value


def _lines(text: str) -> dict[str, int]:
    """Line numbers (from 1) of tables and keys, by dotted path with array indexes."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            found.setdefault(f"{table}.{assignment[1]}" if table else assignment[1], number)
    return found
