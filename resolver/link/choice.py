"""Links of one item at each level of granularity, and which of them a request gets. Pure.

Levels stand most granular first. A link type is taken from the first level that has it; the default link from the first
level that has one (GS1-Conformant resolver standard 1.2.0, walk-up).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resolver.link import vocabulary
from resolver.web.negotiation import Wishes, language_weight, media_weight


@dataclass(frozen=True, slots=True)
class Link:
    """One link. ``link_type`` is spelled as in a linkset; ``context`` holds ISO 3166 codes or market ids.

    ``forwards_query`` False keeps the request's query from the target. ``roles`` empty means that everybody sees it.
    """

    link_type: str
    href: str
    title: str
    hreflang: tuple[str, ...] = ()
    media_type: str | None = None
    context: tuple[str, ...] = ()
    forwards_query: bool = True
    is_default: bool = False
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """The links at one level. ``anchor`` is absolute; ``description`` names the thing."""

    anchor: str
    description: str
    links: tuple[Link, ...] = ()

    @property
    def default(self) -> Link | None:
        """The one default link: the one that is marked, or else the first that there is."""
        marked = [each for each in self.links if each.is_default or each.link_type == vocabulary.DEFAULT]
        plain = [each for each in self.links if each.link_type != vocabulary.DEFAULT_MULTI]
        return next(iter(marked or plain), None)

    @property
    def variants(self) -> tuple[Link, ...]:
        """The default link's variants by language, media type or market."""
        return tuple(each for each in self.links if each.link_type == vocabulary.DEFAULT_MULTI)


def default_choice(levels: Iterable[Level], wanted: Wishes) -> Link | None:
    """Where a request without a link type goes; None when no level has any link."""
    for level in levels:
        if level.default is None and not level.variants:
            continue
        fitting = best(level.variants, wanted, strictly=True)
        if len(fitting) == 1:
            return fitting[0]
        return level.default or level.variants[0]
    return None


def choices(levels: Iterable[Level], link_type: str, wanted: Wishes) -> tuple[Link, ...]:
    """The links of one type that fit a request equally well: none (404), one (a redirection) or several (300)."""
    for level in levels:
        if link_type == vocabulary.DEFAULT:
            found = [] if level.default is None else [level.default]
        else:
            found = [each for each in level.links if each.link_type == link_type]
        if found:
            return best(found, wanted)
    return ()


def best(links: Sequence[Link], wanted: Wishes, *, strictly: bool = False) -> tuple[Link, ...]:
    """The links that fit best, by market, then language, then media type.

    What a request can't read at all is left out while something else remains. ``strictly`` leaves out what answers
    none of the wishes.
    """
    ranked = [(_rank(each, wanted), each) for each in links]
    acceptable = [(rank, each) for rank, each in ranked if all(part >= 0 for part in rank[:3])]
    if strictly:
        ranked = [(rank, each) for rank, each in acceptable if max(rank[0], rank[1]) >= 2]
    elif acceptable:
        ranked = acceptable
    most = max((rank for rank, _ in ranked), default=None)
    return tuple(each for rank, each in ranked if rank == most)


def _rank(link: Link, wanted: Wishes) -> tuple[float, float, float, int]:
    """How well a link fits in each dimension: negative it does not, 1 it does not say, more it does."""
    language, exactness = _language(link, wanted)
    return _market(link, wanted), language, _media(link, wanted), exactness


def _market(link: Link, wanted: Wishes) -> float:
    if not link.context:
        return 1.0
    if not wanted.contexts:
        return 0.0
    named = {each.upper() for each in link.context}
    return 2.0 if named & set(wanted.contexts) else -1.0


def _language(link: Link, wanted: Wishes) -> tuple[float, int]:
    if not wanted.languages:
        return 0.0, 0
    if not link.hreflang:
        return 1.0, 0
    weight, exactness = max(language_weight(wanted.languages, tag) for tag in link.hreflang)
    return (2.0 + weight, exactness) if weight else (-1.0, 0)


def _media(link: Link, wanted: Wishes) -> float:
    if not wanted.media:
        return 0.0
    if link.media_type is None:
        return 1.0
    weight = media_weight(wanted.media, link.media_type)
    return 1.0 + weight if weight else -1.0
