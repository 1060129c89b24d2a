"""Parameter files in TOML, read into frozen records: every key is checked, and the first wrong one named with its line.

A record's fields are its table's keys: ``int``, ``float``, ``str``, a tuple of these (an array) or another record (a
table). ``field(metadata=between(low, high))`` bounds a number.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_origin, get_type_hints

from schemas.errors import Misconfigured

_Record = TypeVar("_Record")
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
_ASSIGNMENT = re.compile(r"\s*([\w-]+)\s*=")


def between(minimum: float, maximum: float) -> dict[str, tuple[float, float]]:
    """Field metadata: the value lies from ``minimum`` to ``maximum``."""
    return {"range": (minimum, maximum)}


SHARE = between(0, 1)
SWITCH = between(0, 1)
"""Of an integer: 0 is off, 1 is on."""
AMOUNT = between(0, 1e9)
POSITIVE = between(1e-9, 1e9)
NUMBER = between(0, 100_000_000)
COUNT = between(1, 100_000_000)


class ParameterFile:
    """The text of a TOML file and the name by which errors call it.

    :raises Misconfigured: the text is not TOML.
    """

    def __init__(self, text: str, name: str) -> None:
        self._name, self._lines = name, _lines(text)
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Misconfigured(f"{name}: {error}") from None

    @classmethod
    def of(cls, path: Path) -> Self:
        """The file at ``path``.

        :raises Misconfigured: it can't be read, or is not TOML.
        """
        try:
            return cls(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None

    @classmethod
    def packaged(cls, package: str, name: str) -> Self:
        """The file ``name`` that is part of a Python package."""
        return cls((files(package) / name).read_text(encoding="utf-8"), name)

    def require(self, condition: bool, key: str, message: str) -> None:
        """Check what is claimed of ``key`` (``table.key`` or ``table.index.key``).

        :raises Misconfigured: the condition is false; names file, line and key.
        """
        if not condition:
            line = self._lines.get(key) or self._lines.get(key.rpartition(".")[0])
            place = f"{self._name}, line {line}" if line else self._name
            raise Misconfigured(f"{place}: {key} {message}")

    def record(self, kind: type[_Record], table: Mapping[str, Any], path: tuple[str, ...] = ()) -> _Record:
        """``table`` as the record ``kind``; ``path`` are the keys that lead to it.

        :raises Misconfigured: a key is missing, unknown, of another type or out of range.
        """
        hints = get_type_hints(kind)
        for key in table:
            self.require(key in hints, ".".join((*path, key)), "is not a parameter")
        values: dict[str, Any] = {}
        for field in fields(kind):  # type: ignore[arg-type]  # every caller gives a dataclass
            place = (*path, field.name)
            key = ".".join(place)
            self.require(field.name in table, key, "is missing")
            value = values[field.name] = self._value(hints[field.name], table[field.name], place)
            if "range" in field.metadata:
                low, high = field.metadata["range"]
                self.require(low <= value <= high, key, f"is {value}, not from {low:g} to {high:g}")
        return kind(**values)

    def _value(self, kind: Any, value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 -- any TOML type
        key = ".".join(path)
        if get_origin(kind) is tuple:
            self.require(isinstance(value, list), key, "is not a list")
            element = get_args(kind)[0]
            return tuple(self._value(element, entry, (*path, str(index))) for index, entry in enumerate(value))
        if is_dataclass(kind):
            self.require(isinstance(value, dict), key, "is not a table")
            return self.record(kind, value, path)  # type: ignore[arg-type]  # a dataclass type, as just tested
        if kind is float:
            self.require(type(value) in (int, float), key, f"is {value!r}, not a number")
            return float(value)
        self.require(type(value) is kind, key, f"is {value!r}, not {kind.__name__}")
        return value


def _lines(text: str) -> dict[str, int]:
    """Line numbers (from 1) of tables and keys, by dotted path with array indexes."""
    numbers: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            numbers.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            numbers.setdefault(f"{table}.{assignment[1]}" if table else assignment[1], number)
    return numbers
