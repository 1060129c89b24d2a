"""Identifier systems beyond Digital Link, each a plug-in that canonicalises to one item. Pure.

A system whose identifiers carry a GS1 key translates by rule (EPC URN, element string, Ecode version 0); the others by
operators' tables: a *space* says what the identifiers under a prefix are called here, or who else answers for them.

Ecode (GB/T 31866): version, numbering system (NSI), master data (MD), written ``V.NSI.MD``; V0 is GS1's own. Industrial
Internet identifiers of the Handle system: ``88.{x}.{y}/{suffix}``. OID (ISO/IEC 29168-1): ``urn:oid:…``. ISO/IEC 15459:
issuing agency code and number, written ``iso15459:{IAC}{number}``. Lengths and numbering systems are operators' data:
the published sources for them are secondary.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from schemas import digital_link, reading
from schemas.errors import InvalidIdentifier

SUFFIX = "{suffix}"

_ECODE = re.compile(r"(?:ecode:)?([0-9])\.([0-9A-Za-z]{1,8})\.([0-9A-Za-z.\-]{1,64})", re.IGNORECASE)
_ECODE_GS1 = re.compile(r"(?:ecode:)?0\.([0-9(].{5,})", re.IGNORECASE)
_HANDLE = re.compile(r"(?:hdl:|https?://hdl\.handle\.net/|/)?(88(?:\.[0-9]{1,10}){1,4}/[!-~]{1,128})")
_OID = re.compile(r"(?:urn:oid:|oid:)([0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,60})", re.IGNORECASE)
_ISO = re.compile(r"iso15459:([0-9A-Z]{2,3}[0-9A-Z\-./]{1,50})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Foreign:
    """An identifier of another system in its one spelling."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Space:
    """What the identifiers of a scheme under ``prefix`` are.

    ``form`` is a Digital Link path, ``{suffix}`` in it what follows the prefix; or else ``resolver`` answers for them.
    """

    scheme: str
    prefix: str
    title: str
    form: str | None
    resolver: str | None


class Spaces:
    """Spaces, found by the longest prefix."""

    def __init__(self, spaces: Iterable[Space]) -> None:
        self._spaces: Mapping[tuple[str, str], Space] = {(each.scheme, each.prefix): each for each in spaces}

    def find(self, foreign: Foreign) -> Space | None:
        """The most specific space that holds an identifier."""
        for length in range(len(foreign.value), 0, -1):
            found = self._spaces.get((foreign.scheme, foreign.value[:length]))
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class Translation:
    """Where an identifier leads: to ``path`` here, or to ``resolver``; ``title`` names the space that says so."""

    path: str | None
    resolver: str | None
    title: str


def space(row: Mapping[str, Any]) -> Space:
    """A stored space as a value."""
    return Space(row["scheme"], row["prefix"], row["title"], row["form"], row["resolver"])


def recognise(text: str) -> Foreign | None:
    """The identifier of a system with spaces in ``text``, or None. Ecode version 0 is GS1's and not among them."""
    text = text.strip()
    for scheme, form in (("handle", _HANDLE), ("oid", _OID), ("iso15459", _ISO)):
        match = form.fullmatch(text)
        if match is not None:
            value = match[1].upper() if scheme == "iso15459" else match[1]
            return Foreign(scheme, value)
    match = _ECODE.fullmatch(text)
    if match is not None and match[1] != "0":
        return Foreign("ecode", f"{match[1]}.{match[2].upper()}.{match[3]}")
    return None


def gs1_in_ecode(text: str) -> str | None:
    """What an Ecode of version 0 carries: a GS1 element string or key, which needs neither version nor NSI."""
    match = _ECODE_GS1.fullmatch(text.strip())
    return None if match is None else match[1]


def translate(foreign: Foreign, spaces: Spaces) -> Translation | None:
    """Where an identifier leads by the operators' tables; None when they do not know it.

    :raises InvalidIdentifier: the table's form and this identifier make no code.
    """
    found = spaces.find(foreign)
    if found is None:
        return None
    if found.form is None:
        return Translation(None, found.resolver, found.title)
    return Translation(filled(found.form, foreign.value[len(found.prefix) :]), None, found.title)


def filled(form: str, suffix: str) -> str:
    """The canonical path of a form for one suffix.

    :raises InvalidIdentifier: it is no code.
    """
    return digital_link.parse(form.replace(SUFFIX, quote(suffix.strip("./"), safe=""))).path


def canonical_path(text: str, spaces: Callable[[], Spaces]) -> Translation | None:
    """Where ``text`` of any system leads; None for what no system that is known here writes so.

    :raises InvalidIdentifier: it is of a known system, and malformed.
    """
    foreign = recognise(text)
    if foreign is not None:
        return translate(foreign, spaces())
    inner = gs1_in_ecode(text)
    try:
        return Translation(reading.read(inner if inner is not None else text.strip()).path, None, "GS1")
    except InvalidIdentifier as error:
        if error.reason == "not_a_uri":
            return None
        raise
