"""What consumers' reports are worth as evidence, bounded by who reports and by how often the product is reported. Pure.

A person counts once. A phone or a network that reports many items shares one person's weight among them, and where many
items of a product are reported a report says little: a flood of reports, meant or bought, accuses nobody
(docs/detection.md#what-buyers-report). Log odds are natural logarithms.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import log
from statistics import median

from gateway.evidence.item import DAY_US, Report, Suspected
from gateway.evidence.price_evidence import ReportEvidence, with_prices
from schemas.price import MIN_PRICES, PriceChannel, price_channel

REPORTED_GUILTY = 0.03
"""The share of scanned items that are not what they seem whose buyers report it. [assumed]"""
REPORTED_USUAL = 0.003
"""The share of any scanned items that are reported, until a product has reports of its own. [assumed]"""
USUAL_WEIGHT = 200.0
"""How many scanned items that assumption is worth."""
MAX_REPORT_LLR = 1.5
"""The most that one person's suspicion says."""
MAX_REPORTED_LLR = 2.5
"""The most that all people's suspicions of one item say together."""
PRICE_DAYS = 365
"""Prices older than this before the newest report are another year's."""

Product = Callable[[int], str]
"""The product (GTIN) of an item, empty when unknown."""


def weigh_reports(
    reports: Mapping[int, Sequence[Report]], product: Product, scanned: Collection[int]
) -> dict[int, ReportEvidence]:
    """The evidence of each reported item's reports. ``scanned``: all scanned items, the base of the products' rates."""
    if not reports:
        return {}
    weights = _weights(reports)
    accusing = {
        item: min(1.0, _total_weight(weights, (report for report in own if report.suspected)))
        for item, own in sorted(reports.items())
    }
    scanned_of = Counter(product(item) for item in scanned)
    accusing_of: dict[str, float] = defaultdict(float)
    for item, weight in accusing.items():
        accusing_of[product(item)] += weight
    priced = _priced(reports, product)
    channels = _channels(priced, product)
    weighed: dict[int, ReportEvidence] = {}
    for item, own in sorted(reports.items()):
        gtin = product(item)
        accusing_others = accusing_of[gtin] - accusing[item]
        rate = (accusing_others + REPORTED_USUAL * USUAL_WEIGHT) / (max(scanned_of[gtin] - 1, 0) + USUAL_WEIGHT)
        evidence = _suspicions(own, weights, rate)
        channel = channels.get(gtin)
        weighed[item] = evidence if channel is None else _price(evidence, priced.get(item, ()), weights, channel)
    return with_prices(weighed, product)


def _suspicions(reports: Sequence[Report], weights: Mapping[str, float], rate: float) -> ReportEvidence:
    """What an item's reports suspect, where a share ``rate`` of the product's other items are reported."""
    llr = min(max(log(REPORTED_GUILTY / rate), 0.0), MAX_REPORT_LLR)
    by_kind: dict[int, float] = {}
    for kind in Suspected:
        same = [report for report in reports if report.suspected == kind]
        if kind and same:
            by_kind[int(kind)] = min(llr * _total_weight(weights, same), MAX_REPORTED_LLR)
    people = len({report.voice for report in reports if report.suspected})
    return ReportEvidence({kind: value for kind, value in by_kind.items() if value > 0}, people)


def _price(
    evidence: ReportEvidence, prices: Sequence[Report], weights: Mapping[str, float], channel: PriceChannel
) -> ReportEvidence:
    """The evidence with the item's price against its product's channel."""
    # A slip is left out before the median is taken: half of one right and one wrong price looks cheap.
    credible = [report for report in prices if channel.credible(report.price_fen)]
    if not credible:
        return evidence
    price = median(report.price_fen for report in credible)
    weight = min(1.0, _total_weight(weights, credible))
    return replace(evidence, share=channel.share(price), weight=weight, low=channel.far_below(price))


def _names(report: Report) -> frozenset[str]:
    """The phone and the network of a report; reports without either share the empty name."""
    return frozenset({report.voice, report.reporter} - {""}) or frozenset({""})


def _weights(reports: Mapping[int, Sequence[Report]]) -> dict[str, float]:
    """By phone or network the weight of its report of one item: 1 over the number of items that it reported."""
    items = Counter(name for own in reports.values() for name in {name for report in own for name in _names(report)})
    return {name: 1 / number for name, number in items.items()}


def _total_weight(weights: Mapping[str, float], reports: Iterable[Report]) -> float:
    """The weight behind reports, each phone's and each network's counted once, the greatest first."""
    ranked = sorted(
        (-min(weights[name] for name in _names(report)), report.voice, report.reporter, report) for report in reports
    )
    total, counted = 0.0, set[str]()
    for weight, _, _, report in ranked:
        if not counted & _names(report):
            counted |= _names(report)
            total -= weight
    return total


def _priced(reports: Mapping[int, Sequence[Report]], product: Product) -> dict[int, tuple[Report, ...]]:
    """By item of a known product, each voice's last price."""
    newest = max((report.at for own in reports.values() for report in own), default=0)
    priced: dict[int, tuple[Report, ...]] = {}
    for item, own in sorted(reports.items()):
        last = {
            report.voice: report
            for report in sorted(own)
            if report.price_fen and newest - report.at < PRICE_DAYS * DAY_US
        }
        if last and product(item):
            priced[item] = tuple(last[voice] for voice in sorted(last))
    return priced


def _channels(priced: Mapping[int, Sequence[Report]], product: Product) -> dict[str, PriceChannel]:
    """The channel of each product by one price a voice, from at least as many items."""
    by_voice: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    items: Counter[str] = Counter(product(item) for item in priced)
    for item, prices in priced.items():
        for report in prices:
            by_voice[product(item)][report.voice].append(report.price_fen)
    channels: dict[str, PriceChannel] = {}
    for gtin, voices in by_voice.items():
        channel = price_channel([median(prices) for _, prices in sorted(voices.items())])
        if channel is not None and items[gtin] >= MIN_PRICES:
            channels[gtin] = channel
    return channels
