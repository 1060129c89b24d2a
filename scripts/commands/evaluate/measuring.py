"""Measures what a judge found in one world against the truth (docs/detection.md#measures)."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import median

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, Step
from firmware_sim.population.draft import Crime
from firmware_sim.population.network import DEALER
from firmware_sim.population.world import World, scanned
from firmware_sim.population.world_time import DAY_US
from firmware_sim.world.scenario import Scenario
from scripts.commands.evaluate.crime_measures import MEASURES
from scripts.commands.evaluate.findings import Findings, findings_of
from scripts.commands.evaluate.incidents import incidents_of, incidents_of_crime
from scripts.commands.evaluate.judge_protocol import Judge
from scripts.commands.evaluate.judged import NEVER_US, Judged
from scripts.commands.evaluate.outcome import BUDGETS, RIGHT_KIND, Outcome
from scripts.commands.evaluate.score_statistics import calibration_error, limit_for, pr_auc
from scripts.commands.evaluate.strangers_heard import sufficient

_WITHOUT_RECALL = (Scenario.CLOCK, Scenario.REPLAY)
"""Crimes against readers: their items are honest, none of them is to be found."""
_WITHIN = 3
"""T3 asks how many codes are found before so many phones have scanned copies of them."""
_CURVE = (0.5, 1, 2, 5, 10, 20, 50, 100)


def measure(
    world: World, judge: Judge, alert_at: float, watch_at: float, raised: Mapping[int, int] | None = None
) -> Outcome:
    """All measurements of a world that ``judge`` has been shown.

    One clock for all: an item counts at the highest score that it ever had, genuine or not. ``raised`` are the items
    that were ever seen at the level of alerts, as the judge itself sets it (None: those that are at the end); from
    ``alert_at`` on scores are alerts by the model's own threshold.
    """
    alerts = judge.findings()
    findings = findings_of(alerts)
    if raised is None:
        raised = {item: alert.detected_at for item, alert in findings.items.items() if alert.level == "alert"}
    genuine = scanned(world).tolist()
    peaks = np.sort(np.array([findings.peak(item) for item in genuine]))[::-1]
    values = _false_alerts(genuine, peaks, raised, alert_at, watch_at) | _false_lanes(world, findings)
    incidents = incidents_of(world, alerts)
    curve: tuple[tuple[float, float], ...] = ()
    stated: list[tuple[float, bool]] = []
    waits: tuple[int, ...] = ()
    for number, crime in enumerate(world.crimes):
        hits = _hits(world, number, crime)
        judged = Judged(world, crime, findings, hits, limit_for(peaks, 5), judge.set_aside(), raised)
        of_crime: dict[str, float] = {}
        if hits and crime.scenario not in _WITHOUT_RECALL:
            of_crime, curve, waits = _recall(judged, peaks)
            of_crime["cases"] = float(len(incidents_of_crime(world, crime, incidents)))
            stated += [(findings.items[item].probability or 0.0, True) for item in hits if item in findings.items]
        if crime.scenario in MEASURES:
            of_crime |= MEASURES[crime.scenario](judged)
        values |= {f"{crime.scenario.label}.{name}": value for name, value in of_crime.items()}
    stated += [(findings.items[item].probability or 0.0, False) for item in genuine if item in findings.items]
    error = calibration_error(stated)
    if error is not None:
        values["calibration_error"] = error
    return Outcome(world.seed, world.scenario, values, curve, tuple(stated), waits)


def _false_alerts(
    genuine: list[int], peaks: Floats, raised: Mapping[int, int], alert_at: float, watch_at: float
) -> dict[str, float]:
    """Per 10,000 genuine items: those ever above the model's thresholds, and those that the judge raised alerts of."""
    return {
        "genuine": len(genuine),
        "false_alerts": 1e4 * float((peaks >= alert_at).mean()),
        "false_raised": 1e4 * sum(item in raised for item in genuine) / max(len(genuine), 1),
        "false_watches": 1e4 * float((peaks >= watch_at).mean()),
    }


def _false_lanes(world: World, findings: Findings) -> dict[str, float]:
    """Lanes flagged that no crime used, per 500 lanes and month in which goods are scanned."""
    first = world.sites.first_dealer
    criminal = set()
    for crime in world.crimes:
        homes = {crime.dealer - first} if crime.dealer >= 0 else set((world.items.dealer[crime.items] - first).tolist())
        criminal |= {(home, market) for home in homes for market in crime.markets}
    wrong = sum(lane not in criminal for lane in findings.lanes)
    dealers, markets = len(world.sites.of_kind(DEALER)), world.sites.in_markets
    events = world.events
    scans = events.ints("received")[(events.ints("step") == Step.SCAN) & (events.ints("item") >= 0)]
    # The middle nine tenths of all scans: before and after these no lane has enough to be flagged.
    begin, end = np.quantile(scans, [0.05, 0.95]) if len(scans) else (0.0, DAY_US * 30.0)
    months = max((end - begin) / DAY_US / 30, 1.0)
    return {"false_lanes": wrong / ((dealers - 1) * len(markets)) * 500 / months}


def _hits(world: World, number: int, crime: Crime) -> dict[int, int]:
    """Items of a crime that consumers' phones scanned in criminal hands, with the number of those phones."""
    events = world.events
    mine = (events.ints("actor") == number) & (events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0)
    pairs = {*zip(events.ints("item")[mine].tolist(), events.ints("phone")[mine].tolist(), strict=True)}
    counts: dict[int, int] = defaultdict(int)
    for item, _ in pairs:
        counts[item] += 1
    items = set(crime.items.tolist())
    return {item: count for item, count in sorted(counts.items()) if item in items}


def _recall(
    judged: Judged, genuine: Floats
) -> tuple[dict[str, float], tuple[tuple[float, float], ...], tuple[int, ...]]:
    """Recall and what follows from it, recall by false alerts, and phones until the alert of each detected item.

    ``genuine`` are the genuine items' highest scores, highest first.
    """
    findings, hits = judged.findings, judged.hits
    scores = np.array([findings.peak(item) for item in hits])
    detected = scores > judged.limit
    false = 5 * len(genuine) / 1e4
    values = {f"recall{budget}": float((scores > limit_for(genuine, budget)).mean()) for budget in BUDGETS}
    values |= {"codes": float(len(hits)), "precision5": float(detected.sum() / max(detected.sum() + false, 1))}
    values |= _recall_by_phones(np.array(list(hits.values())), detected)
    for prevalence in (1e-2, 1e-3, 1e-4):
        values[f"pr_auc_{prevalence:g}"] = pr_auc(scores, genuine, prevalence)
    values["precision5_most"] = len(hits) / (len(hits) + false)
    values |= _at_alert_level(judged)
    waits, delays = _waits(judged)
    values["recall5_within_3"] = sum(wait <= _WITHIN for wait in waits) / len(hits)
    if waits:
        values["handsets_to_alert"] = float(median(waits))
        values["days_to_alert"] = float(median(delays))
    kinds = [findings.items[item].kind for item in hits if findings.peak(item) > judged.limit]
    if kinds:
        values["class"] = sum(kind in RIGHT_KIND[judged.crime.scenario] for kind in kinds) / len(kinds)
    curve = tuple((per_10k, float((scores > limit_for(genuine, per_10k)).mean())) for per_10k in _CURVE)
    return values, curve, tuple(waits)


def _at_alert_level(judged: Judged) -> dict[str, float]:
    """Recall and precision of the alerts that the judge itself raised; ``sufficient_alone``: see ``sufficient``."""
    found = sum(item in judged.raised for item in judged.hits)
    false = sum(item in judged.raised for item in scanned(judged.world).tolist())
    alone = sufficient(judged.world.events, dict.fromkeys(judged.hits, NEVER_US))
    return {
        "recall_alert": found / len(judged.hits),
        "precision_alert": found / max(found + false, 1),
        "sufficient_alone": alone / len(judged.hits),
    }


def _recall_by_phones(phones: Ints, detected: Flags) -> dict[str, float]:
    """The share detected of the items that so many phones scanned in criminal hands."""
    groups = {
        "1": phones == 1,
        "2": phones == 2,
        "3to4": (phones >= 3) & (phones <= 4),
        "3plus": phones >= 3,
        "5plus": phones >= 5,
    }
    return {f"recall5_of_{name}": float(detected[rows].mean()) for name, rows in groups.items() if rows.any()}


def _waits(judged: Judged) -> tuple[list[int], list[float]]:
    """For each detected item: criminal phones, and days since the first of them, until its score was high enough."""
    events, hits = judged.world.events, judged.hits
    mine = (events.ints("scenario") > 0) & (events.ints("phone") >= 0) & np.isin(events.ints("item"), list(hits))
    first: dict[int, dict[int, int]] = defaultdict(dict)
    columns = (events.ints("item")[mine], events.ints("phone")[mine], events.ints("received")[mine])
    for item, phone, at in zip(*(column.tolist() for column in columns), strict=True):
        first[item].setdefault(phone, at)
    waits, delays = [], []
    for item in hits:
        alert = judged.findings.items.get(item)
        if alert is None or judged.findings.peak(item) <= judged.limit:
            continue
        alerted = next(at for at, score in alert.history if score > judged.limit)
        moments = sorted(first[item].values())
        waits.append(max(1, sum(at <= alerted for at in moments)))
        delays.append(max(0.0, (alerted - moments[0]) / DAY_US))
    return waits, delays
