"""The pages for people: a unit's story, the landing page, a problem. Values in, HTML out; no clock, no store.

They need no script and ask no other host; ``static/`` holds the one style sheet and the one optional script. Nothing is
inline, so that the strict policy of :mod:`resolver.web.middleware` holds. Each address of a static file carries a
digest of its content.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from resolver.consumer.itinerary import Conflict, Itinerary, itinerary
from resolver.consumer.map import draw
from resolver.consumer.story import Story
from resolver.consumer.timeline import timeline
from resolver.text import formats
from resolver.text.formats import Language
from resolver.text.pages import PAGE_TEXTS, SUSPICIONS, page_text, page_text_or
from resolver.text.reasons import say
from resolver.verdict.reason import Reason
from resolver.verdict.verdict import Verdict, VerdictResult
from resolver.web.problems import Problem

_HERE = Path(__file__).parent
_TAGS = {"zh": "zh-CN", "en": "en"}
_MAX_OBSERVERS = 5
_DIGESTS = {
    name: sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    for name in ("page.css", "share.js", "verify.js")
}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_story(story: Story, language: str, scan_id: str | None, *, query: str = "") -> str:
    """The page of one unit.

    ``scan_id`` None: the scan was not recorded. ``query`` is that of the page's own address: a signature may stand in
    it (AI 8030) and must survive a change of language.
    """
    tongue = _tongue(language)
    way = itinerary(story.chain, _contradictions(story.verdict))
    lead = _lead(story.verdict)
    return render(
        "story.html",
        tongue,
        query,
        story=story,
        facts=story.facts,
        result=story.verdict,
        lead=lead,
        notes=[note for note in story.verdict.notes if note is not lead],
        confidence=_confidence(story.verdict),
        serial=formats.grouped(_serial(story)),
        product=_product_lines(story, tongue),
        recall=_recall(story, tongue),
        map=_map(way, tongue),
        conflict=_contradictory(way, tongue),
        timeline=timeline(story.chain, way, tongue, story.signatures),
        suspicions=SUSPICIONS,
        scan_id=scan_id,
    )


def render_problem(problem: Problem, language: str, given: str = "") -> str:
    """The page of a problem. ``given`` is the text that ``span`` among the problem's extra members points into."""
    tongue = _tongue(language)
    part, span = problem.extra.get("part"), problem.extra.get("span")
    marked = None
    if given and isinstance(span, list | tuple) and len(span) == 2:
        marked = _marked(given, int(span[0]), int(span[1]))
    what = f"problem.{problem.reason}"
    return render(
        "problem.html",
        tongue,
        "",
        title=page_text_or(f"problem.{problem.status}", "problem.other", tongue),
        detail=page_text(what, tongue)
        if what in PAGE_TEXTS
        else page_text_or(f"problem.detail.{problem.status}", "problem.detail.other", tongue),
        part=page_text_or(f"problem.part.{part}", "problem.part.other", tongue) if part else None,
        marked=marked,
    )


def render_landing(language: str) -> str:
    """The page that says what this is and takes a code: ``GET /?code=…`` (see :mod:`resolver.consumer.typed_code`)."""
    return render("landing.html", _tongue(language), "")


def _tongue(language: str) -> Language:
    return "en" if language == "en" else "zh"


def render(template: str, language: Language, query: str, **values: object) -> str:
    """A page from its template; ``query`` is that of its own address, ``values`` are what the template asks for."""
    other: Language = "zh" if language == "en" else "en"
    pairs = [(name, value) for name, value in parse_qsl(query) if name.isdigit()]
    return _ENVIRONMENT.get_template(template).render(
        language=language,
        tag=_TAGS[language],
        other_tag=_TAGS[other],
        other_address="?" + urlencode([*pairs, ("lang", other)]),
        json_address="?" + urlencode([*pairs, ("lang", language), ("format", "json")]),
        t=partial(_text, language),
        say=partial(_say, language),
        observers=partial(_observers, language),
        digests=_DIGESTS,
        **values,
    )


def _text(language: Language, slug: str, **params: formats.Value) -> str:
    return page_text(slug, language, params)


def _say(language: Language, slug: str, params: Mapping[str, formats.Value] | None = None) -> str:
    return say(slug, language, params)


def _serial(story: Story) -> str:
    _, _, serial = story.checked.item_id.partition("/21/")
    return serial


def _confidence(result: VerdictResult) -> str | None:
    """The slug of how sure the word is; None where the word itself says that nothing is known."""
    if result.verdict is Verdict.UNKNOWN:
        return None
    steps = ((1.0, "certain"), (0.9, "strong"), (0.6, "moderate"))
    return "confidence." + next((word for least, word in steps if result.confidence >= least), "limited")


def _lead(result: VerdictResult) -> Reason | None:
    """What a genuine unit's page says in big: that nobody else has looked at its code."""
    if result.verdict is not Verdict.GENUINE:
        return None
    return next((note for note in result.notes if note.slug in ("note.first_look", "note.only_you")), None)


def _observers(language: Language, reason: Reason) -> str:
    """Who observed what a reason says, in words: the first few."""
    named = [each.says(language) for each in reason.observed_by[:_MAX_OBSERVERS]]
    more = ["…"] if len(reason.observed_by) > _MAX_OBSERVERS else []
    return ("；" if language == "zh" else "; ").join(named + more)


def _contradictions(result: VerdictResult) -> list[Conflict]:
    """What the map draws broken lines for: with the distance of the text, so that both are one figure."""
    return [
        Conflict(reason.events[0], reason.events[-1], km)
        for reason in result.reasons
        if reason.slug == "reason.impossible_travel" and isinstance(km := reason.params["distance_km"], int | float)
    ]


def _contradictory(way: Itinerary, language: Language) -> str | None:
    """The marks of all places that contradict another, in their order."""
    marks = [place.mark for place in way.places if place.kind == "conflict"]
    return ("、" if language == "zh" else ", ").join(marks) or None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the item's data: a term and its value; ``machine`` is a date for programs."""

    term: str
    value: str
    machine: str | None = None
    tag: str | None = None


def _product_lines(story: Story, language: Language) -> list[Line]:
    facts = story.facts
    lines: list[Line] = []
    if facts is not None and facts.product is not None:
        lines.append(Line("product.name", formats.name_of(facts.product, language)))
        if language == "en" and facts.product.name_zh and facts.product.name_zh != facts.product.name:
            lines.append(Line("product.name_other", facts.product.name_zh, tag="zh-CN"))
    if facts is not None and facts.maker is not None:
        lines.append(Line("product.maker", formats.name_of(facts.maker, language)))
    if facts is not None and facts.batch is not None:
        batch = facts.batch
        lines.append(Line("product.lot", batch.lot))
        lines.append(Line("product.made", formats.day(batch.produced_on, language), batch.produced_on.isoformat()))
        if batch.expires_on is not None:
            lines.append(
                Line("product.best_before", formats.day(batch.expires_on, language), batch.expires_on.isoformat())
            )
        if batch.territory:
            area = formats.joined([formats.names(market) for market in batch.territory])
            lines.append(Line("product.territory", formats.show(area, language)))
        lines.append(Line("product.grade", page_text(f"grade.{batch.grade}", language)))
    return lines


def _recall(story: Story, language: Language) -> dict[str, str] | None:
    batch = story.facts.batch if story.facts is not None else None
    if story.facts is None or batch is None or batch.recalled_at is None or batch.recalled_at > story.facts.now:
        return None
    both = (batch.recall_reason_zh, batch.recall_reason)
    why = (both[0] or both[1]) if language == "zh" else (both[1] or both[0])
    on = formats.china_day(batch.recalled_at)
    return {"lot": page_text("recall.lot", language, {"lot": batch.lot, "on": on}), "why": why or ""}


def _map(way: Itinerary, language: Language) -> Markup:
    count = len(way.places)
    described = "; ".join(
        f"{place.mark or page_text('map.look', language)} {formats.show(place.label, language)}".strip()
        for place in way.places
    )
    title = page_text("map.title", language, {"count": count})
    return draw(way.places, way.legs, language=language, title=title, description=described)


def _marked(given: str, start: int, end: int) -> dict[str, Any]:
    """The text in three: before, wrong, after; shortened far from what is wrong."""
    start = max(0, min(start, len(given)))
    end = max(start, min(end, len(given)))
    before, wrong, after = given[:start], given[start:end], given[end:]
    return {
        "before": before if len(before) <= 160 else "…" + before[-160:],
        "wrong": wrong if len(wrong) <= 160 else wrong[:160] + "…",
        "after": after if len(after) <= 80 else after[:80] + "…",
    }
