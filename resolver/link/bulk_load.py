"""Many links at once, from NDJSON or CSV: read line by line, faults named, nothing kept unless all is well. Pure."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import orjson

from resolver.link.ownership import Claim
from resolver.link.row import FIELDS, LinkReader, LinkRow, WrongLink
from schemas.digital_link import DigitalLink

MAX_FAULTS = 20
LONGEST_LINE = 64 * 1024
_TOO_LONG = f"the line has more than {LONGEST_LINE} bytes"
PORTION = 500
"""Lines checked at a time: few, so that their objects die young and the garbage collector has little to walk."""

Row = tuple[str, LinkRow]
"""A link behind its anchor: what :func:`resolver.link.store.put` takes."""

Claims = Callable[[Sequence[DigitalLink]], list[Claim]]
Lines = Iterator[tuple[int, Mapping[str, Any] | str]]
"""Numbered lines; a text in an object's place says why the line could not be read."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line (counted from 1; a CSV's header is line 1)."""

    line: int
    field: str
    detail: str


class Unreadable(ValueError):
    """Raised when lines can't be used; ``faults`` names the first ones."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].detail)
        self.faults = faults


def portions(file: IO[bytes], kind: str, claims: Claims, base_url: str) -> Iterator[list[Row]]:
    """The links in a load, some at a time; of the file no more than that is in memory.

    ``kind`` is ``ndjson`` or ``csv``; ``claims`` says whose anchors are.

    Behind the first wrong line comes nothing more but, in the end, the error.

    :raises Unreadable: at least one line is wrong; the first ``MAX_FAULTS`` are named.
    """
    return checked_portions(_csv_lines(file) if kind == "csv" else _ndjson_lines(file), claims, base_url)


def checked_portions(lines: Lines, claims: Claims, base_url: str) -> Iterator[list[Row]]:
    """As :func:`portions`, of lines that were read already.

    :raises Unreadable: as :func:`portions`.
    """
    faults: list[Fault] = []
    reader = LinkReader(base_url)
    while portion := list(islice(lines, PORTION)):
        found = _checked(portion, claims, reader, faults)
        if len(faults) >= MAX_FAULTS:
            break
        if not faults:
            yield found
    if faults:
        raise Unreadable(sorted(faults, key=lambda fault: fault.line)[:MAX_FAULTS])


def _checked(
    portion: Sequence[tuple[int, Mapping[str, Any] | str]], claims: Claims, reader: LinkReader, faults: list[Fault]
) -> list[Row]:
    read: list[tuple[int, DigitalLink, LinkRow]] = []
    for number, given in portion:
        if isinstance(given, str):
            faults.append(Fault(number, "line", given))
        else:
            try:
                read.append((number, *reader.read(given)))
            except WrongLink as error:
                faults.append(Fault(number, error.field, str(error)))
    found = claims([anchor for _, anchor, _ in read])
    for (number, _, _), claim in zip(read, found, strict=True):
        if claim.why_not is not None:
            faults.append(Fault(number, "anchor", claim.why_not))
    return [(claim.anchor, row) for (_, _, row), claim in zip(read, found, strict=True)]


def _ndjson_lines(file: IO[bytes]) -> Lines:
    for number, text in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
        if not text.strip():
            continue
        if len(text) > LONGEST_LINE:
            yield number, _TOO_LONG
            return
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield number, f"the line is not JSON: {error}"
            continue
        yield number, value if isinstance(value, dict) else "the line is no JSON object"


def _csv_lines(file: IO[bytes]) -> Lines:
    reader = csv.DictReader(_texts(file), strict=True)
    try:
        missing = {"anchor", "link_type", "href", "title"} - set(reader.fieldnames or ())
        if missing:
            yield 1, f"the first line names the columns, of {', '.join(FIELDS)}; {min(missing)} is missing"
            return
        for given in reader:
            if None in given or None in given.values():
                yield reader.line_num, "the line has another number of columns than the first"
                continue
            yield reader.line_num, given
    except csv.Error as error:
        yield reader.line_num, f"the line is not CSV: {error}"
    except UnicodeDecodeError as error:
        yield reader.line_num + 1, f"the line is not UTF-8: {error.reason} at byte {error.start}"


def _texts(file: IO[bytes]) -> Iterator[str]:
    """The lines of a CSV with their ends; it may begin with a byte order mark.

    :raises csv.Error: one is too long.
    :raises UnicodeDecodeError: one is not UTF-8.
    """
    encoding = "utf-8-sig"
    for line in iter(lambda: file.readline(LONGEST_LINE + 1), b""):
        if len(line) > LONGEST_LINE:
            raise csv.Error(_TOO_LONG)
        yield line.decode(encoding)
        encoding = "utf-8"
