"""Findings say what their evidence rests on: strangers' words, or somebody who vouches for it."""

from dataclasses import replace

import pytest

from gateway.assess.assessment import Registered, assess
from gateway.evidence.evidence_item import EvidenceItem, MarkSource
from gateway.evidence.item import Mark, Scan
from gateway.evidence.model import fitted_model
from schemas.explain.explanation import ExplainedFinding, explain
from schemas.finding import Finding
from tests.support.custody import BEIJING, CHENGDU, DAY, MARKETS, PLACES, T0, WHERE, custody_goods

NANNING, HARBIN, URUMQI, LHASA = (22.8, 108.4), (45.8, 126.5), (43.8, 87.6), (29.6, 91.1)


def seen(item: EvidenceItem, *looks: Scan, marks: tuple[Mark, ...] = ()) -> EvidenceItem:
    """The item, with more looks at it and more custody."""
    evidence = item.evidence.seen(looks, marks)
    sources = dict(zip(item.evidence.marks, item.stamps, strict=True))
    stamps = tuple(sources.get(mark, MarkSource("shop/till", mark.at, f"sale-{mark.site}")) for mark in evidence.marks)
    events = {(scan.at, scan.handset): f"look-{scan.handset}" for scan in evidence.scans}
    return replace(item, evidence=evidence, stamps=stamps, events=events)


def look(days: float, handset: str, where=None) -> Scan:
    place = (*where, 0.1) if where else (0.0, 0.0, 1e9)
    return Scan(T0 + int(days * DAY), handset, *place, network=f"network of {handset}", source="gps" if where else "")


def sale(site: str, days: float) -> Mark:
    return Mark(T0 + int(days * DAY), site, "shop", "retail_selling", WHERE[site].latitude, WHERE[site].longitude)


def found(item: EvidenceItem) -> Finding:
    goods = [item, *custody_goods()[1:]]
    findings = assess("maker", goods, Registered(PLACES, MARKETS), fitted_model()).findings()
    (own,) = (finding for finding in findings if finding.subject == item.item_id)
    return own


def test_an_alert_by_strangers_alone_says_that_nobody_vouches_for_it() -> None:
    cities = (NANNING, HARBIN, URUMQI, LHASA, CHENGDU, BEIJING)
    copies = [look(30 + 9 * number, f"copy-{number}", city) for number, city in enumerate(cities)]
    finding = found(seen(custody_goods()[0], *copies))
    assert finding.level == "alert"
    assert finding.details["attested"] == []
    assert finding.details["witnesses"] == {"networks": 7, "regions": 7, "days": 7}


def test_an_alert_with_a_second_sale_cites_both_tills() -> None:
    copies = [look(30, "copy-1", HARBIN), look(45, "copy-2", URUMQI)]
    finding = found(seen(custody_goods()[0], *copies, marks=(sale("shop-1b", 22), sale("shop-2a", 40))))
    assert finding.level == "alert"
    assert finding.details["attested"] == ["second_sale"]
    assert {"sale-shop-1b", "sale-shop-2a"} <= set(finding.events)


def test_the_words_give_no_distance_where_none_is_known_and_one_where_it_is() -> None:
    copies = [look(40 + 10 * number, f"copy-{number}") for number in range(8)]
    far = look(30, "far", HARBIN)
    finding = found(seen(custody_goods()[0], far, *copies, marks=(sale("shop-1b", 22), sale("shop-2a", 40))))
    terms = {term["name"]: term for term in finding.details["terms"]}
    assert "km" not in terms["another_unplaced"]
    assert terms["another_handset"]["km"] == pytest.approx(1_970, abs=50)
    lines = explain([ExplainedFinding(finding.rule, finding.confidence, T0, finding.details)]).lines("en")
    assert not any(" 0 km" in line for line in lines)
