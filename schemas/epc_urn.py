"""EPC URNs (GS1 EPC Tag Data Standard, section 6.3), as EPCIS 1.x and RFID software name things.

They part a key at the end of its GS1 company prefix and leave the check digit out. To write one, the length of that
prefix has to be known: it is given, or looked up in the table of `biip`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import quote

from schemas.element import Element, decoded
from schemas.errors import InvalidIdentifier
from schemas.gs1 import check_digit
from schemas.identity import DigitalLink, assemble

_PREFIX_LENGTHS = range(6, 13)
_UNESCAPED = "!'()*+,-.:;=_"


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How one kind of URN is put together.

    ``digits``: company prefix and reference together, or None when the reference is text of any length. ``indicated``:
    the reference begins with the digit that stands before the prefix in the key. ``checked``: a check digit follows.
    ``zero``: the key begins with a zero that the URN leaves out. Behind the two come ``fields``: how many more, and
    ``qualifier``, the AI of the last of them; None when they belong to the key itself.
    """

    key: str
    digits: int | None
    fields: int = 0
    qualifier: str | None = None
    indicated: bool = False
    checked: bool = True
    zero: bool = False


_SCHEMES = {
    "id:sgtin": _Scheme("01", 13, 1, "21", indicated=True),
    "id:upui": _Scheme("01", 13, 1, "235", indicated=True),
    "class:lgtin": _Scheme("01", 13, 1, "10", indicated=True),
    "id:itip": _Scheme("8006", 13, 3, "21", indicated=True),
    "id:sscc": _Scheme("00", 17, indicated=True),
    "id:sgln": _Scheme("414", 12, 1, "254"),
    "id:pgln": _Scheme("417", 12),
    "id:grai": _Scheme("8003", 12, 1, zero=True),
    "id:giai": _Scheme("8004", None, checked=False),
    "id:gdti": _Scheme("253", 12, 1),
    "id:sgcn": _Scheme("255", 12, 1),
    "id:gsrn": _Scheme("8018", 17),
    "id:gsrnp": _Scheme("8017", 17),
    "id:gsin": _Scheme("402", 16),
    "id:ginc": _Scheme("401", None, checked=False),
    "id:cpi": _Scheme("8010", None, 1, "8011", checked=False),
}
_NO_EXTENSION = "0"
"""What an SGLN says where a GLN has no extension."""


def read(text: str) -> DigitalLink:
    """The code that an EPC URN names. Patterns (``idpat``) name no one thing and are refused.

    :raises InvalidIdentifier: it is none, or its parts do not make a GS1 key, with the span of what is wrong.
    """
    pieces = text.split(":", 4)
    if len(pieces) != 5 or [piece.lower() for piece in pieces[:2]] != ["urn", "epc"]:
        raise InvalidIdentifier("epc_urn", "expected urn:epc:id:…", part="uri", span=(0, len(text)))
    name, start = ":".join(pieces[2:4]), len(text) - len(pieces[4])
    scheme = _SCHEMES.get(name)
    if scheme is None:
        raise InvalidIdentifier(
            "epc_urn", f"{name} is not the name of one thing by a GS1 key", part="uri", span=(8, start - 1)
        )
    return _assembled(scheme, *_fields(scheme, pieces[4], start), span=(start, len(text)))


def write(link: DigitalLink, company_prefix_length: int | None = None) -> str:
    """The EPC URN of a code.

    :raises InvalidIdentifier: there is none for what the code names, or its company prefix is not in the table.
    :raises ValueError: a company prefix has 6 to 12 digits.
    """
    name, scheme = _scheme_of(link)
    value = link.value[1:] if scheme.zero else link.value
    digits = value if scheme.digits is None else value[: scheme.digits]
    number = digits[1:] if scheme.indicated else digits
    length = _prefix_length(link, number) if company_prefix_length is None else company_prefix_length
    if length not in _PREFIX_LENGTHS:
        raise ValueError(f"a company prefix has 6 to 12 digits, not {length}")
    reference = digits[: scheme.indicated] + number[length:]
    return f"urn:epc:{name}:" + ".".join([number[:length], _escaped(reference), *_further(link, scheme, value)])


def _fields(scheme: _Scheme, body: str, start: int) -> tuple[list[str], list[int]]:
    """The URN's fields, still percent-encoded, and where each begins."""
    count = 2 + scheme.fields
    raw = body.split(".", count - 1)
    if len(raw) != count:
        raise InvalidIdentifier(
            "epc_urn", f"expected {count} fields with dots between them", part="uri", span=(start, start + len(body))
        )
    places = [start + sum(len(field) + 1 for field in raw[:number]) for number in range(count)]
    prefix, reference = raw[:2]
    if len(prefix) not in _PREFIX_LENGTHS or not (prefix.isascii() and prefix.isdigit()):
        raise InvalidIdentifier(
            "company_prefix", "a company prefix has 6 to 12 digits", part="uri", span=(start, start + len(prefix))
        )
    numeric = reference.isascii() and reference.isdigit()
    if scheme.digits is not None and not (len(prefix + reference) == scheme.digits and (numeric or not reference)):
        raise InvalidIdentifier(
            "length",
            f"company prefix and reference have {scheme.digits} digits together",
            part="uri",
            span=(start, places[1] + len(reference)),
        )
    if scheme.indicated and not reference:
        raise InvalidIdentifier("length", "the reference has at least a digit", part="uri", span=(places[1],) * 2)
    return raw, places


def _assembled(scheme: _Scheme, raw: list[str], places: list[int], span: tuple[int, int]) -> DigitalLink:
    texts = [decoded(field, scheme.key, place) for field, place in zip(raw, places, strict=True)]
    prefix, reference, *further = texts
    body = reference[:1] + prefix + reference[1:] if scheme.indicated else prefix + reference
    value = ("0" if scheme.zero else "") + body + (str(check_digit(body)) if scheme.checked else "")
    own = further if scheme.qualifier is None else further[:-1]
    path = [Element(scheme.key, value + "".join(own), span, span)]
    if scheme.qualifier is not None and not (scheme.qualifier == "254" and further[-1] == _NO_EXTENSION):
        place = (places[-1], places[-1] + len(raw[-1]))
        path.append(Element(scheme.qualifier, further[-1], place, place, raw[-1]))
    return assemble(path)


def _scheme_of(link: DigitalLink) -> tuple[str, _Scheme]:
    values = dict(link.elements[1:])
    for name, scheme in _SCHEMES.items():
        if scheme.key != link.key:
            continue
        named = scheme.qualifier is None or scheme.qualifier in values or scheme.qualifier == "254"
        # Keys that carry their serial inside name one thing only when it is there.
        inside = (
            scheme.qualifier is not None
            or not scheme.fields
            or len(link.value) > (scheme.digits or 0) + 1 + scheme.zero
        )
        if named and inside:
            return name, scheme
    raise InvalidIdentifier(
        "epc_urn", f"no EPC URN names what ({link.key}) {link.value} names", part=link.key, span=(0, len(link.value))
    )


def _further(link: DigitalLink, scheme: _Scheme, value: str) -> list[str]:
    """The fields behind prefix and reference."""
    values = dict(link.elements[1:])
    if scheme.qualifier is None:
        return [_escaped(value[(scheme.digits or 0) + 1 :])] if scheme.fields else []
    pieces = [value[14:16], value[16:18]] if scheme.fields == 3 else []
    return [*pieces, _escaped(values.get(scheme.qualifier, _NO_EXTENSION))]


def _escaped(text: str) -> str:
    return quote(text, safe=_UNESCAPED)


def _prefix_length(link: DigitalLink, number: str) -> int:
    extract: Callable[[str], object] = import_module("biip.gs1_prefixes").GS1CompanyPrefix.extract
    leading = number[:12]
    found = extract(leading) if leading.isdigit() else None
    value = getattr(found, "value", None)
    if not isinstance(value, str) or len(value) not in _PREFIX_LENGTHS:
        raise InvalidIdentifier(
            "company_prefix",
            f"the company prefix of ({link.key}) {link.value} is not in GS1's table: say how long it is",
            part=link.key,
            span=(0, len(link.value)),
        )
    return len(value)
