"""What a code names: a GS1 key with its qualifiers and data attributes, however the code was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from schemas import ai_content, ai_relation, application_identifier
from schemas.ai_relation import PATH_ONLY, QUALIFIERS
from schemas.element import Element
from schemas.errors import InvalidIdentifier

_SHORT_GTINS = (8, 12, 13)


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """One code that was read. ``key`` is the primary key's AI; values are percent-decoded; the GTIN has 14 digits.

    ``variant`` is AI 22, ``lot`` 10, ``serial`` 21, ``extension`` 254; ``others`` are further key qualifiers (235,
    7040, 8011, 8019, 8020) as pairs. ``attributes`` are the data attributes, AI to value. Neither these nor ``query``,
    the query as it was written, say which thing it is; two links that differ in them alone are equal.
    """

    key: str
    value: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None
    extension: str | None = None
    stem: tuple[str, ...] = ()
    query: str = field(default="", compare=False)
    others: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def item_id(self) -> str:
        """The canonical name of the thing itself: ``01/{gtin}/21/{serial}`` whatever lot or host stood beside it."""
        if self.serial is not None:
            return f"{self.key}/{self.value}/21/{quote(self.serial, safe='')}"
        name = f"{self.key}/{quote(self.value, safe='')}"
        if self.others:
            return name + "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in self.others)
        if self.lot is not None:
            return f"{name}/10/{quote(self.lot, safe='')}"
        if self.extension is not None:
            return f"{name}/254/{quote(self.extension, safe='')}"
        return name

    @property
    def element_string(self) -> str:
        """The GS1 element string with brackets, key and serial only: what a signature covers."""
        return f"({self.key}){self.value}" + (f"(21){self.serial}" if self.serial is not None else "")

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """Key and qualifiers as pairs of AI and value, in the standard's order."""
        known = (("22", self.variant), ("10", self.lot), ("21", self.serial), ("254", self.extension))
        return (
            (self.key, self.value),
            *((ai, value) for ai, value in known if value is not None),
            *self.others,
        )

    @property
    def path(self) -> str:
        """The canonical path, all qualifiers in the standard's order, without a stem."""
        return "".join([f"/{ai}/{quote(value, safe='')}" for ai, value in self.elements])

    @property
    def canonical(self) -> str:
        """The path with the data attributes as its query, in the order of their AIs: one spelling for each code."""
        pairs = sorted((ai, value) for ai, value in self.attributes.items() if ai not in PATH_ONLY)
        query = "&".join([f"{ai}={quote(value, safe='')}" for ai, value in pairs])
        return f"{self.path}?{query}" if query else self.path


def assemble(
    path: Sequence[Element], attributes: Sequence[Element] = (), *, stem: tuple[str, ...] = (), query: str = ""
) -> DigitalLink:
    """The code whose path and query these elements stood in. ``path`` begins with the primary key.

    :raises InvalidIdentifier: an element is not what its AI says, out of its place, or at odds with another.
    """
    path = [_whole(element) for element in path]
    attributes = [_whole(element) for element in attributes]
    _check_path(path)
    _check_attributes(path, attributes)
    return _link(path, attributes, stem, query)


def arrange(elements: Sequence[Element], *, stem: tuple[str, ...] = (), query: str = "") -> DigitalLink:
    """The code that has these elements, in any order: its primary key is the first that can be one.

    :raises InvalidIdentifier: as :func:`assemble`; or no element is a primary key; or an AI has two values.
    """
    whole: dict[str, Element] = {}
    for element in map(_whole, elements):
        before = whole.setdefault(element.ai, element)
        if before.value != element.value:
            raise _at(element, "repeated_ai", f"({element.ai}) is there twice, with two values")
    key = next((element for element in whole.values() if element.ai in QUALIFIERS), None)
    if key is None:
        span = (elements[0].at[0], elements[-1].value_at[1]) if elements else (0, 0)
        raise InvalidIdentifier("no_primary_key", "no element is a GS1 primary key", part="path", span=span)
    # Of the sequences that a key's qualifiers may come in, the one that most of them are in.
    order = max(QUALIFIERS[key.ai], key=lambda sequence: sum(ai in whole for ai in sequence))
    path = [key, *(whole[ai] for ai in order if ai in whole)]
    attributes = [element for element in whole.values() if element not in path]
    for element in path + attributes:
        _check_value(element)
    ai_relation.check(path + attributes)
    return _link(path, attributes, stem, query)


def _link(path: Sequence[Element], attributes: Sequence[Element], stem: tuple[str, ...], query: str) -> DigitalLink:
    values = {element.ai: element.value for element in path[1:]}
    return DigitalLink(
        key=path[0].ai,
        value=path[0].value,
        variant=values.pop("22", None),
        lot=values.pop("10", None),
        serial=values.pop("21", None),
        extension=values.pop("254", None),
        stem=stem,
        query=query,
        others=tuple(values.items()),
        attributes={element.ai: element.value for element in attributes},
    )


def _whole(element: Element) -> Element:
    """The element with a short GTIN filled up to 14 digits."""
    if element.ai != "01" or len(element.value) not in _SHORT_GTINS:
        return element
    raw = element.value if element.raw is None else element.raw
    return Element("01", element.value.rjust(14, "0"), element.at, element.value_at, raw)


def _check_path(path: Sequence[Element]) -> None:
    key, sequences = path[0], QUALIFIERS[path[0].ai]
    _check_value(key)
    seen: list[str] = []
    for element in path[1:]:
        if not any(element.ai in sequence for sequence in sequences):
            raise _at(element, "unexpected_ai", f"({element.ai}) can't qualify ({key.ai})")
        fitting = [sequence for sequence in sequences if {element.ai, *seen} <= set(sequence)]
        if not fitting:
            raise _at(element, "excludes", f"({element.ai}) and ({seen[-1]}) can't stand on one thing")
        if any(fitting[0].index(element.ai) <= fitting[0].index(before) for before in seen):
            raise _at(element, "ai_order", f"({element.ai}) is repeated or out of order")
        _check_value(element)
        seen.append(element.ai)


def _check_attributes(path: Sequence[Element], attributes: Sequence[Element]) -> None:
    key, placed = path[0].ai, {element.ai for element in path}
    taken = set(placed)
    for element in attributes:
        ai = element.ai
        if application_identifier.find(ai) is None:
            raise _at(element, "unknown_ai", f"({ai}) is no GS1 application identifier, as a name of digits has to be")
        if ai in taken:
            raise _at(element, "repeated_ai", f"({ai}) is there twice")
        if any(ai in sequence and placed <= {key, *sequence} for sequence in QUALIFIERS[key]):
            raise _at(element, "belongs_in_path", f"({ai}) qualifies ({key}) and belongs in the path")
        if ai in PATH_ONLY:
            raise _at(element, "not_an_attribute", f"({ai}) can't be a data attribute of a Digital Link")
        _check_value(element)
        taken.add(ai)
    ai_relation.check([*path, *attributes])


def _check_value(element: Element) -> None:
    # A signature that is damaged is still presented, and schemas.code has a verdict for it.
    known = application_identifier.find(element.ai)
    if known is None or element.ai == "8030":
        return
    fault = known.fault(element.value) or ai_content.fault(element.ai, element.value)
    if fault is not None:
        raise element.refused(fault)


def _at(element: Element, reason: str, detail: str) -> InvalidIdentifier:
    return InvalidIdentifier(reason, detail, part=element.ai, span=element.at)
