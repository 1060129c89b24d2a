"""Where the codes of suspected copies leaked: the report's numbers. Pure.

The words are in :mod:`schemas.explain.leak_sentences`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.assess.leak_clusters import leak_clusters
from gateway.assess.supply import Supply
from gateway.evidence.evidence_item import AccusedItem, EvidenceItem
from gateway.evidence.leak_source import (
    Leak,
    Node,
    Suspect,
    imputed_path,
    locate,
    next_inspection,
)

MAX_RANKED = 12
MAX_SUSPECTS = 50
MAX_ADDED_CODES = 10


@dataclass(frozen=True, slots=True)
class Passed:
    """How many scanned items of a product there are, and how many of them passed each site."""

    items: int
    by_site: Mapping[str, int]


def passed(items: Iterable[EvidenceItem], supply: Supply) -> Passed:
    """The sites that these items passed, with the suppliers that must have been missed."""
    counts, number = Counter[str](), 0
    for item in items:
        number += 1
        counts.update(path_of(item, supply))
    return Passed(number, counts)


def leak_reports(
    accused: Sequence[AccusedItem], items: Mapping[str, EvidenceItem], among: Passed, supply: Supply
) -> list[dict[str, Any]]:
    """A report for each source of one product's suspected codes, that of the most codes first.

    ``items``: by id the accused ones at least; those that were in nobody's custody are left out. The copies' paths are
    compared with those of all scanned items of the product, ``among``. A path is what readers saw, with the supplier
    that must have been missed.
    """
    ranked = sorted(accused, key=lambda item: (-item.probability, item.item_id))
    suspects = [
        Suspect(item.item_id, item.probability, path)
        for item in ranked
        if item.item_id in items and (path := path_of(items[item.item_id], supply))
    ]
    if not suspects:
        return []
    nodes = [Node(site, supply.places[site].kind, count) for site, count in sorted(among.by_site.items())]
    events = {item.item_id: item.events for item in accused}
    clusters = leak_clusters(suspects, nodes, among.items)
    return [_report(codes[:MAX_SUSPECTS], events, nodes, among, supply) for codes in clusters]


def _report(
    suspects: Sequence[Suspect],
    events: Mapping[str, Sequence[str]],
    nodes: Sequence[Node],
    among: Passed,
    supply: Supply,
) -> dict[str, Any]:
    leak = locate(suspects, nodes, among.items)
    tier = {node.site: node.tier for node in nodes}
    return {
        "codes": len(suspects),
        "items": among.items,
        "ranked": [
            {
                "site": site,
                "tier": tier[site],
                "probability": round(probability, 5),
                "suspects": sum(site in suspect.path for suspect in suspects),
                "items": among.by_site[site],
                "latitude": supply.places[site].latitude,
                "longitude": supply.places[site].longitude,
            }
            for site, probability in leak.ranked[:MAX_RANKED]
        ],
        "credible": list(leak.credible),
        "uncertainty_nats": round(leak.entropy, 4),
        "inspect": _inspection(leak, supply),
        "change": _change(leak, suspects, nodes, among.items),
        "suspects": [
            {
                "item": suspect.item,
                "probability": round(suspect.probability, 4),
                "path": sorted(suspect.path),
                "events": list(events[suspect.item]),
            }
            for suspect in suspects
        ],
    }


def path_of(item: EvidenceItem, supply: Supply) -> dict[str, float]:
    """The sites that an item passed, with the probability that it did."""
    seen = dict.fromkeys(mark.site for mark in item.evidence.marks if mark.site in supply.places)
    return imputed_path(list(seen), supply.parents)


def _inspection(leak: Leak, supply: Supply) -> dict[str, Any] | None:
    """The best next inspection in the credible set, of a single site or of a dealer with its shops."""
    likely = list(leak.credible[:MAX_RANKED])
    groups = {site: [site] for site in likely}
    for site in likely:
        shops = sorted(shop for shop, parent in supply.parents.items() if parent == site)
        if supply.places[site].kind == "dealer" and shops:
            groups[f"{site}+"] = [site, *shops]
    best = next_inspection(leak, groups)
    if best is None or leak.entropy <= 0:
        return None
    name, drop = best
    return {"sites": groups[name], "nats": round(drop, 4), "share": round(drop / leak.entropy, 4)}


def _change(leak: Leak, suspects: Sequence[Suspect], nodes: Sequence[Node], total: int) -> dict[str, Any] | None:
    """What would change the conclusion: more codes through the runner-up, or fewer of those that there are."""
    if len(leak.ranked) < 2:
        return None
    top, second = leak.ranked[0][0], leak.ranked[1][0]
    fragile = sum(
        locate([*suspects[:index], *suspects[index + 1 :]], nodes, total).ranked[0][0] != top
        for index in range(len(suspects))
    )
    sure = max(suspect.probability for suspect in suspects)
    more = [Suspect(f"more-{number}", sure, {second: 1.0}) for number in range(1, MAX_ADDED_CODES + 1)]
    for number in range(1, MAX_ADDED_CODES + 1):
        if locate([*suspects, *more[:number]], nodes, total).ranked[0][0] == second:
            return {"site": second, "codes": number, "fragile": fragile}
    return None
