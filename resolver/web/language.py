"""The language of a page, negotiated (RFC 9110, section 12.5.4). Pure."""

from functools import lru_cache

from resolver.text.formats import Language

LANGUAGES: tuple[Language, Language] = ("zh", "en")
"""The languages of the pages; the first is the default."""


@lru_cache(maxsize=4096)
def negotiate_language(accept_language: str) -> Language:
    """The language for an Accept-Language header (RFC 9110, section 12.5.4; lookup by primary subtag, RFC 4647).

    Chinese when the header is absent, malformed or names neither.
    """
    weights: dict[str, float] = {}
    order: dict[str, int] = {}
    for position, part in enumerate(accept_language.split(",")):
        tag, _, parameter = part.strip().lower().partition(";")
        weight = _weight(parameter)
        primary = tag.strip().partition("-")[0]
        if weight is None or (primary not in LANGUAGES and primary != "*"):
            continue
        if weight > weights.get(primary, -1.0):
            weights[primary], order[primary] = weight, position
    last = len(accept_language)
    ranked = [
        (-weights.get(language, weights.get("*", 0.0)), order.get(language, order.get("*", last)), rank, language)
        for rank, language in enumerate(LANGUAGES)
    ]
    best = min(ranked)
    return best[3] if best[0] < 0 else LANGUAGES[0]


def _weight(parameter: str) -> float | None:
    """The q-value of a range, 1 without one, None when it is malformed."""
    if not parameter.strip():
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        weight = float(value)
    except ValueError:
        return None
    return weight if name.strip() == "q" and 0 <= weight <= 1 else None
