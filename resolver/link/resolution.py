"""From a code to its links: what is registered at its levels, what the resolver adds itself, who else answers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from resolver.link import granularity, vocabulary
from resolver.link.choice import Level, Link
from resolver.link.question import Asked
from resolver.link.store import LINKS, as_link, link_rows, parameters, request_links
from resolver.services import Services
from resolver.store import Row
from resolver.store.public_pool import InMemory, Look, NotKept
from resolver.text.formats import Language, name_of
from resolver.verdict.facts import Product
from schemas.code import Proof
from schemas.errors import StoreUnavailable

UNPROVEN = frozenset({Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY})
"""Codes of which the store is asked nothing."""

_STORY_TITLES: dict[Language, str] = {"en": "Is it genuine, and where has it been?", "zh": "验真伪，看来路"}
_VERDICT_TITLES: dict[Language, str] = {"en": "Verdict, signed", "zh": "带签名的查验结果"}
_PROVENANCE_TITLES: dict[Language, str] = {"en": "Provenance chain, signed", "zh": "带签名的溯源链"}


def levels_of(services: Services, asked: Asked, role: str | None) -> list[Level]:
    """The code's levels, most granular first; the first one is what was asked for, whether it has links or not.

    :raises StoreUnavailable: the code may have links and the store does not answer.
    """
    if asked.checked.proof in UNPROVEN:
        return assembled(services, asked, [asked.canonical], [], None, role)
    now = services.clock()
    anchors, rows, product = services.looks.ask(lambda look: found(services, look, asked, now))
    return assembled(services, asked, anchors, rows, product, role)


async def levels_at_once(services: Services, asked: Asked) -> list[Level] | None:
    """The levels without leaving the event loop, as anybody sees them; None when that is not enough."""
    if asked.checked.proof in UNPROVEN:
        return assembled(services, asked, [asked.canonical], [], None, None)
    try:
        anchors, product = _anchors(services, InMemory(), asked), _product(services, InMemory(), asked)
        answer = await services.quick.ask(LINKS, parameters(anchors, services.clock()))
    except (NotKept, StoreUnavailable):
        return None
    return assembled(services, asked, anchors, link_rows(answer[0]), product, None)


def found(
    services: Services, look: Look, asked: Asked, now: datetime
) -> tuple[Sequence[str], list[Row], Product | None]:
    """Anchors of the code's levels, the links registered there, and the product."""
    anchors = _anchors(services, look, asked)
    return anchors, request_links(look, anchors, now), _product(services, look, asked)


def _anchors(services: Services, look: Look, asked: Asked) -> list[str]:
    lot = None if asked.checked.unit is None else services.names.lot(look, asked.checked)
    canonical = asked.canonical
    expanded = granularity.levels(canonical if lot is None else granularity.with_lot(canonical, lot))
    return [canonical, *(each for each in expanded if each != canonical)]


def _product(services: Services, look: Look, asked: Asked) -> Product | None:
    if asked.link.key != "01" or asked.checked.org_id is None:
        return None
    return services.names.of(look, asked.checked.org_id, asked.link.value).product


def assembled(
    services: Services,
    asked: Asked,
    anchors: Sequence[str],
    rows: Iterable[Row],
    product: Product | None,
    role: str | None,
) -> list[Level]:
    """The levels with registered links first and the resolver's own behind them. ``role``: the caller's, if any."""
    base = services.settings.base_url
    registered: dict[str, list[Link]] = {anchor: [] for anchor in anchors}
    for row in rows:
        link = as_link(row)
        if not link.roles or role in link.roles:
            registered[row["anchor"]].append(link)
    if asked.is_unit:
        registered[anchors[0]] += unit_links(base, asked)
    elif product is not None and not registered[anchors[-1]]:
        registered[anchors[-1]].append(story_link(base, f"/{anchors[-1]}", asked.language))
    described = name_of(product, asked.language) if product is not None else asked.link.element_string
    levels = [Level(base + asked.path, described, tuple(registered[anchors[0]]))]
    return levels + [Level(f"{base}/{anchor}", described, tuple(registered[anchor])) for anchor in anchors[1:]]


def unit_links(base: str, asked: Asked) -> list[Link]:
    """What the resolver itself answers of a unit."""
    query = f"{asked.path}?linkType="
    return [
        story_link(base, asked.path, asked.language),
        Link(
            vocabulary.VERIFICATION,
            f"{base}{query}suyuan:verdict",
            _VERDICT_TITLES[asked.language],
            media_type="application/json",
        ),
        Link(
            vocabulary.TRACEABILITY,
            f"{base}{query}suyuan:provenance",
            _PROVENANCE_TITLES[asked.language],
            media_type="application/json",
        ),
    ]


def story_link(base: str, path: str, language: Language) -> Link:
    """The page that tells a code's story: it speaks both languages, so that it needs no variants."""
    return Link(
        vocabulary.STORY,
        f"{base}/story{path}",
        _STORY_TITLES[language],
        hreflang=("zh", "en"),
        media_type="text/html",
        is_default=True,
    )
