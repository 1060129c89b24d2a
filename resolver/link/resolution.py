"""From a code to its links: what is registered at its levels, what the resolver adds itself, who else answers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from resolver.link import granularity, vocabulary
from resolver.link.choice import Level, Link
from resolver.link.question import LinkQuestion
from resolver.link.store import LINKS, as_link, link_rows, parameters, request_links
from resolver.services import Services
from resolver.store import Row
from resolver.store.public_pool import CacheOnly, NotCached, PublicReader
from resolver.text.formats import Language, name_of
from resolver.verdict.facts import Product
from schemas.code import Proof
from schemas.errors import StoreUnavailable

UNPROVEN = frozenset({Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY})
"""Codes of which the store is asked nothing."""

_STORY_TITLES: dict[Language, str] = {"en": "Is it genuine, and where has it been?", "zh": "验真伪，看来路"}
_VERDICT_TITLES: dict[Language, str] = {"en": "Verdict, signed", "zh": "带签名的查验结果"}
_PROVENANCE_TITLES: dict[Language, str] = {"en": "Provenance chain, signed", "zh": "带签名的溯源链"}


def levels_of(services: Services, question: LinkQuestion, role: str | None) -> list[Level]:
    """The code's levels, most granular first; the first one is what was asked for, whether it has links or not.

    :raises StoreUnavailable: the code may have links and the store does not answer.
    """
    if question.checked.proof in UNPROVEN:
        return assembled(services, question, [question.canonical], [], None, role)
    now = services.clock()
    anchors, rows, product = services.public_pool.ask(lambda reader: found(services, reader, question, now))
    return assembled(services, question, anchors, rows, product, role)


async def levels_on_event_loop(services: Services, question: LinkQuestion) -> list[Level] | None:
    """The levels without leaving the event loop, as anybody sees them; None when that is not enough."""
    if question.checked.proof in UNPROVEN:
        return assembled(services, question, [question.canonical], [], None, None)
    try:
        anchors, product = _anchors(services, CacheOnly(), question), _product(services, CacheOnly(), question)
        answer = await services.prepared.ask(LINKS, parameters(anchors, services.clock()))
    except (NotCached, StoreUnavailable):
        return None
    return assembled(services, question, anchors, link_rows(answer[0]), product, None)


def found(
    services: Services, reader: PublicReader, question: LinkQuestion, now: datetime
) -> tuple[Sequence[str], list[Row], Product | None]:
    """Anchors of the code's levels, the links registered there, and the product."""
    anchors = _anchors(services, reader, question)
    return anchors, request_links(reader, anchors, now), _product(services, reader, question)


def _anchors(services: Services, reader: PublicReader, question: LinkQuestion) -> list[str]:
    lot = None if question.checked.unit is None else services.names.lot(reader, question.checked)
    canonical = question.canonical
    expanded = granularity.levels(canonical if lot is None else granularity.with_lot(canonical, lot))
    return [canonical, *(each for each in expanded if each != canonical)]


def _product(services: Services, reader: PublicReader, question: LinkQuestion) -> Product | None:
    if question.link.key != "01" or question.checked.org_id is None:
        return None
    return services.names.of(reader, question.checked.org_id, question.link.value).product


def assembled(
    services: Services,
    question: LinkQuestion,
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
    if question.is_unit:
        registered[anchors[0]] += unit_links(base, question)
    elif product is not None and not registered[anchors[-1]]:
        registered[anchors[-1]].append(story_link(base, f"/{anchors[-1]}", question.language))
    described = name_of(product, question.language) if product is not None else question.link.element_string
    levels = [Level(base + question.path, described, tuple(registered[anchors[0]]))]
    return levels + [Level(f"{base}/{anchor}", described, tuple(registered[anchor])) for anchor in anchors[1:]]


def unit_links(base: str, question: LinkQuestion) -> list[Link]:
    """What the resolver itself answers of a unit."""
    query = f"{question.path}?linkType="
    return [
        story_link(base, question.path, question.language),
        Link(
            vocabulary.VERIFICATION,
            f"{base}{query}suyuan:verdict",
            _VERDICT_TITLES[question.language],
            media_type="application/json",
        ),
        Link(
            vocabulary.TRACEABILITY,
            f"{base}{query}suyuan:provenance",
            _PROVENANCE_TITLES[question.language],
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
