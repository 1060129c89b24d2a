"""The card of guessed serials, which the resolver reports (:class:`schemas.evidence.Clue`); no fold finds it. Pure."""

from gateway.rules.fold import Card
from schemas.evidence import Clue
from schemas.finding import Kind

ENUMERATION = Card(
    Clue.ENUMERATION.value,
    Kind.GUESSED,
    "One network tried at least a hundred serials of one product that do not exist, within five minutes.",
    "a security test by the maker or on its behalf; a system that presents a misprinted batch again and again; "
    "one exit to the Internet that many people share",
)
