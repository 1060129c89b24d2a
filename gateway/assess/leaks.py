"""Where the codes of suspected copies leaked: the report's numbers. Pure.

The words are in :mod:`schemas.explain.leak_sentences`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

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


def leak_report(accused: Sequence[AccusedItem], items: Sequence[EvidenceItem], supply: Supply) -> dict[str, Any] | None:
    """The report on one product's suspected codes; None when none of them was in anybody's custody.

    ``items`` are all scanned items of the product: the copies' paths are compared with how many of these passed each
    site. A path is what readers saw, with the supplier that must have been missed.
    """
    paths = {item.item_id: _path(item, supply) for item in items}
    suspects = [
        Suspect(item.item_id, item.probability, paths[item.item_id])
        for item in sorted(accused, key=lambda item: (-item.probability, item.item_id))
        if paths.get(item.item_id)
    ][:MAX_SUSPECTS]
    if not suspects:
        return None
    passed: dict[str, int] = {}
    for path in paths.values():
        for site in path:
            passed[site] = passed.get(site, 0) + 1
    nodes = [Node(site, supply.places[site].kind, count) for site, count in sorted(passed.items())]
    total = len(paths)
    leak = locate(suspects, nodes, total)
    tier = {node.site: node.tier for node in nodes}
    events = {item.item_id: item.events for item in accused}
    return {
        "codes": len(suspects),
        "items": total,
        "ranked": [
            {
                "site": site,
                "tier": tier[site],
                "probability": round(probability, 5),
                "suspects": sum(site in suspect.path for suspect in suspects),
                "items": passed[site],
                "latitude": supply.places[site].latitude,
                "longitude": supply.places[site].longitude,
            }
            for site, probability in leak.ranked[:MAX_RANKED]
        ],
        "credible": list(leak.credible),
        "uncertainty_nats": round(leak.entropy, 4),
        "inspect": _inspection(leak, supply),
        "change": _change(leak, suspects, nodes, total),
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


def _path(item: EvidenceItem, supply: Supply) -> dict[str, float]:
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


def by_product(items: Sequence[EvidenceItem]) -> Mapping[str, list[EvidenceItem]]:
    """The items by GTIN."""
    products: dict[str, list[EvidenceItem]] = {}
    for item in items:
        if item.known and item.gtin:
            products.setdefault(item.gtin, []).append(item)
    return products
