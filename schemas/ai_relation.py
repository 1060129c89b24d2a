"""Which application identifiers go together: keys and their qualifiers, what needs and what rules out what.

From the GS1 General Specifications (sections 4.13 and 4.14) and GS1 Digital Link URI Syntax 1.6.0 (section 4); checked
against the GS1 Barcode Syntax Dictionary. In patterns ``n`` is any digit.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from schemas.ai_content import stands_for
from schemas.element import Element, Fault
from schemas.errors import InvalidIdentifier

QUALIFIERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "00": ((),),
    "01": (("22", "10", "21"), ("235",)),
    "253": ((),),
    "255": ((),),
    "401": ((),),
    "402": ((),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": ((),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": ((),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}
"""The primary keys, and the qualifiers that each may have, in order; of several sequences one may be used."""

PATH_ONLY = frozenset("03 21 22 235 254 7040 7041 8011 8014 8019 8020 8040 8041 8042 8043 8200".split())
"""AIs that can't be data attributes in a query: qualifiers, and what Digital Link has no place for."""

_TRADE_ITEM = "01 02 03 8006 8026"
_MEASURED = "31nn 32nn 35nn 36nn"

_NEEDS: tuple[tuple[str, str], ...] = (
    # AIs, and what one of has to be there beside each of them
    ("02", "37"),
    ("10 11 13 15 16 20 240 241 422", _TRADE_ITEM),
    ("17", _TRADE_ITEM + " 255"),
    ("12", "8020"),
    ("21 251 7021 8012", "01 03 8006"),
    ("22 235 710 711 712 713 714 715 716 717 8001 8014 8200", "01"),
    ("242 7001", "01 02 8006 8026"),
    ("243", "01 03"),
    ("250", "01+21 03+21 8006+21"),
    ("254", "414"),
    ("30 7002 7005 7006 7007 7008 7009 703n 8005", "01 02"),
    ("31nn 32nn 350n 351n 352n 356n 357n 360n 361n 364n 365n 366n", "01 02"),
    ("330n 331n 332n 333n 334n 335n 336n 34nn 353n 354n 355n 362n 363n 367n 368n 369n", "00 01"),
    ("337n", "01"),
    ("37", "00+02 00+8026"),
    ("390n", "255 8020"),
    ("391n", "8020"),
    ("392n", " ".join(f"01+{each}" for each in ("30", *_MEASURED.split()))),
    ("393n 395n", f"30 {_MEASURED}"),
    ("394n 8111", "255"),
    ("403 4300 4301 4302 4304 4305 4306 4307 4308 4309", "00"),
    ("4310 4311 4312 4314 4315 4316 4317 4318 4319 432n 433n 7041", "00"),
    ("415", "8020"),
    ("8007 8020", "415"),
    ("423 424 425 426 7003 7010 7011 8008", "01 02 03"),
    ("427", "01+422 02+422 03+422"),
    ("4303", "4302"),
    ("4313", "4312"),
    ("7004", "01+10 03+10"),
    ("7020", "01+416 03+416 8006+416"),
    ("7022", "01+7021 03+7021 8006+7021"),
    ("723n", "01 8004"),
    ("7240", "01 8006"),
    ("7241 7242 7253 7254 7255 7256 8019", "8017 8018"),
    ("7250 7251 7252 7257 7259", "8018"),
    ("7258", "8018+7259"),
    ("8009", "00 01 03"),
    ("8011", "8010"),
    ("8026", "37"),
    ("8030", "00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018"),
    ("8040", "01+21"),
    ("8041 8042 8043", "01+21+8040"),
)

_EXCLUDES: tuple[tuple[str, str], ...] = (
    # AIs, and what must not be beside them
    ("01", "255 37"),
    ("02", "01 03"),
    ("03", "01 02 37 235"),
    ("21", "235"),
    ("255", "01 02 415 8006 8020 8026"),
    ("390n", "390n 391n 394n 8111"),
    ("391n", "391n"),
    ("392n", "392n 393n"),
    ("393n", "393n"),
    ("394n", "394n 8111"),
    ("395n", "392n 393n 395n 8005"),
    ("420", "421"),
    ("421", "4307"),
    ("422 423 424 425", "426"),
    *((f"{each}n", f"{each}n") for each in (*range(310, 317), *range(320, 338), *range(340, 358), *range(360, 370))),
    ("4330", "4331"),
    ("4331", "4330"),
    ("4332", "4333"),
    ("4333", "4332"),
    ("7240", "03"),
    ("7250", "7251"),
    ("7251", "7250"),
    ("7253 7254 7255", "7256 7259"),
    ("7259", "7256"),
    ("8006", "01 03 37"),
    ("8017", "8018"),
    ("8018", "8017"),
    ("8026", "02 03 8006"),
)

_SERIAL_FROM = {"253": 13, "255": 13, "8003": 14}
"""Keys that name one thing only when a serial follows: from which character on."""


@cache
def _needs(ai: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(
        tuple(tuple(group.split("+")) for group in groups.split())
        for patterns, groups in _NEEDS
        if any(stands_for(pattern, ai) for pattern in patterns.split())
    )


@cache
def _excluded(ai: str) -> tuple[str, ...]:
    return tuple(
        other
        for patterns, others in _EXCLUDES
        if any(stands_for(pattern, ai) for pattern in patterns.split())
        for other in others.split()
    )


def check(elements: Sequence[Element]) -> None:
    """Hold the elements of one code against each other. Each AI occurs once.

    :raises InvalidIdentifier: ``excludes`` or ``requires``, pointing at the AI that minds.
    """
    present = [element.ai for element in elements]

    def has(pattern: str, besides: str) -> bool:
        return any(ai != besides and stands_for(pattern, ai) for ai in present)

    for element in elements:
        ai = element.ai
        other = next((pattern for pattern in _excluded(ai) if has(pattern, ai)), None)
        if other is not None:
            raise _at(element, "excludes", f"({ai}) and ({other}) can't stand on one thing")
        for groups in _needs(ai):
            if not any(all(has(pattern, ai) for pattern in group) for group in groups):
                ways = " or ".join("".join(f"({each})" for each in group) for group in groups)
                raise _at(element, "requires", f"({ai}) needs {ways} beside it")
    if "8030" in present:
        for element in elements:
            start = _SERIAL_FROM.get(element.ai)
            if start is not None and len(element.value) == start:
                detail = f"(8030) signs one thing: ({element.ai}) needs its serial"
                raise element.refused(Fault("requires", detail, 0, len(element.value)))


def _at(element: Element, reason: str, detail: str) -> InvalidIdentifier:
    return InvalidIdentifier(reason, detail, part=element.ai, span=element.at)
