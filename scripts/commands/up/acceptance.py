"""Acceptance of the demo over its public interfaces: verdicts, pages, alerts, leaks, labels, histories, access."""

import csv
import io
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import zxingcpp
from markupsafe import escape
from PIL import Image

from schemas import assessed
from schemas.errors import SuyuanError
from scripts.commands.up.accusations import accusations, open_alerts
from scripts.commands.up.play import Sent
from scripts.commands.up.weighing import weigh_everything
from scripts.system.api_client import Client, Refused
from scripts.system.embedded.port import LOOPBACK
from scripts.system.stack import Stack

VERDICTS = ("genuine", "copied", "diverted", "forged", "recalled")
"""The five sample codes, each named for the verdict that it must get."""

_SETTLE_S = 20.0
_ASSESSED_S = 60.0
MIN_LEAKED = 3
"""With fewer copied codes a shop can't be told from its dealer."""
_PAGE_BYTES = 60_000
CROWD = 10
"""Made-up phones that scan one unit: fewer than one network may leave as events in a day."""


class StepFailed(SuyuanError):
    """Raised when a step of the check fails; the message says which and why."""


@dataclass(slots=True)
class Outcome:
    """What the steps found: the last line of ``scripts/up --check``."""

    verdicts: dict[str, str] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    """By suspected cause, how many items and lanes alerts stand about."""
    incidents: int = 0
    """Open ones: alerts that share a cause are one."""
    counted: dict[str, int] = field(default_factory=dict)
    incident: dict[str, Any] = field(default_factory=dict)
    leak: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)


def check_demo(stack: Stack, tokens: Mapping[str, str], samples: Mapping[str, str], sent: Sent) -> Outcome:
    """Check the played demo step by step.

    ``tokens`` by organisation, the maker's first and the regulator's last; ``samples`` gives the code for each verdict.
    Each page is a scan: the scans of ``sent`` are counted up. The assessor is stopped before the last steps, once
    everything is weighed.

    :raises StepFailed: at the first step that fails.
    """
    outcome, base_url = Outcome(), stack.base_url
    metrics_url = f"http://{LOOPBACK}:{stack.metrics_port}/metrics"
    maker_token, regulator_token = next(iter(tokens.values())), list(tokens.values())[-1]
    with (
        Client(base_url) as public,
        Client(base_url, maker_token) as maker,
        Client(base_url, regulator_token) as regulator,
    ):
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("every event is accounted for", lambda: _accounts(metrics_url, sent, outcome)),
            ("five codes get their verdicts", lambda: _verdicts(public, samples, sent, outcome)),
            (
                "a framed dealer's goods stay genuine, and the lies are claims",
                lambda: _framed(public, maker, samples, sent),
            ),
            ("a crowd of made-up phones makes no copy", lambda: _crowd(public, samples, sent)),
            ("the pages read well in both languages", lambda: _pages(public, samples, sent)),
            ("frauds are alerts", lambda: _alerts(maker, outcome)),
            ("evidence of many phones is an incident with its explanation", lambda: _evidence(maker, outcome)),
            ("the source of the copied codes is named", lambda: _leak(public, regulator, regulator_token, outcome)),
            ("everything is weighed", lambda: weigh_everything(stack)),
            ("the framed dealer is accused nowhere, the liar is", lambda: _acquitted(maker, regulator, samples)),
            (
                "invented phones on three networks accuse nobody",
                lambda: _invented(public, maker, regulator, samples, sent),
            ),
            ("labels read back as the codes they carry", lambda: _labels(maker, samples)),
            ("a regulator's questions are answered", lambda: _regulator(regulator, samples)),
            ("strangers see nothing", lambda: _strangers(public, base_url)),
            (
                "every event, with the scans of this check, is accounted for",
                lambda: _accounts(metrics_url, sent, outcome),
            ),
        )
        for name, step in steps:
            try:
                outcome.steps[name] = step()
            except (Refused, KeyError, ValueError, TimeoutError) as error:
                raise StepFailed(f"{name}: {type(error).__name__}: {error}") from error
    return outcome


def _require(condition: bool, failure: str) -> None:
    if not condition:
        raise ValueError(failure)


def counters(metrics_url: str) -> dict[str, int]:
    """The gateway's event counters: received, stored, duplicate, rejected."""
    with urllib.request.urlopen(metrics_url, timeout=5) as answer:  # noqa: S310 -- a loopback URL of our own
        lines = answer.read().decode().splitlines()
    counted: Counter[str] = Counter()
    for line in lines:
        if line.startswith("suyuan_events_") and "_total" in line:
            name, value = line.rsplit(" ", 1)
            counted[name.removeprefix("suyuan_events_").split("_total")[0]] += int(float(value))
    return dict(counted)


def _accounts(metrics_url: str, sent: Sent, outcome: Outcome) -> str:
    """Scans arrive through an outbox, a moment later: wait until both counts agree, then require it."""
    deadline = time.monotonic() + _SETTLE_S
    while True:
        outcome.counted = counters(metrics_url)
        if outcome.counted["received"] == sent.total or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    parts = sum(outcome.counted.get(name, 0) for name in ("stored", "duplicate", "rejected"))
    _require(outcome.counted["received"] == sent.total, f"{sent.total} sent, {outcome.counted['received']} received")
    _require(parts == sent.total, f"{sent.total} sent, {parts} stored, duplicate or rejected")
    return f"{sent.total} events sent = {', '.join(f'{n} {name}' for name, n in sorted(outcome.counted.items()))}"


def path_of(uri: str) -> str:
    """The path of a code's URI."""
    return urlsplit(uri).path


def _verdicts(public: Client, samples: Mapping[str, str], sent: Sent, outcome: Outcome) -> str:
    for expected in VERDICTS:
        document = public.get(path_of(samples[expected]))
        sent.scans += 1
        outcome.verdicts[expected] = str(document["verdict"])
    wrong = {expected: found for expected, found in outcome.verdicts.items() if expected != found}
    _require(not wrong, f"verdicts differ (expected: found): {wrong}")
    return ", ".join(outcome.verdicts.values())


def _framed(public: Client, maker: Client, samples: Mapping[str, str], sent: Sent) -> str:
    """A rival's reader reported the unit sold and destroyed, and received at the dealer's own depot."""
    item = path_of(samples["framed"]).removeprefix("/")
    claims = [claim for claim in maker.get("/api/v1/claims", limit=1000)["claims"] if item.endswith(claim["item_id"])]
    said = sorted(claim["biz_step"] for claim in claims)
    _require(said == ["destroying", "retail_selling"], f"the maker is shown {said} as claims about {item}")
    events = maker.get("/api/v1/history", item=path_of(samples["framed"]), limit=200)["events"]
    liar = claims[0]["reader_org"]
    foreign = [event for event in events if event["reader_org"] == liar and event["biz_step"] == "receiving"]
    _require(not foreign, f"{liar} was heard at another dealer's depot")
    document = public.get(path_of(samples["framed"]))
    sent.scans += 1
    _require(document["verdict"] == "genuine", f"the framed unit is {document['verdict']}")
    return f"{' and '.join(said)} by {liar} are claims, its receipt at a rival's depot was refused; the unit is genuine"


def _crowd(public: Client, samples: Mapping[str, str], sent: Sent) -> str:
    """From one address, phones all over the country: the page may say "also seen elsewhere", and no more."""
    for number in range(CROWD):
        body = {
            "uri": samples["framed"],
            "latitude": 22.0 + 2.0 * number,
            "longitude": 88.0 + 4.0 * number,
            "source": "gps",
            "consent": "exact",
            "handset": f"made-up-{number}",
        }
        public.post("/scans", body)
        sent.scans += 1
    document = public.get(path_of(samples["framed"]))
    sent.scans += 1
    _require(document["verdict"] == "genuine", f"{CROWD} made-up phones make it {document['verdict']}")
    return f"{CROWD} phones, 500 km from one to the next, from one address: {document['verdict']}"


def _acquitted(maker: Client, regulator: Client, samples: Mapping[str, str]) -> str:
    """Asked when everything has been weighed: nothing accuses the framed dealer or its unit, one alert the liar."""
    item = path_of(samples["framed"])
    events = maker.get("/api/v1/history", item=item, limit=200)["events"]
    liar = next(event["reader_org"] for event in events if event["biz_step"] == "destroying")
    received = {event["reader_org"] for event in events if event["biz_step"] == "receiving"}
    dealers = {org for org in received if org.startswith("dealer-")}
    _require(len(dealers) == 1 and liar not in dealers, f"{sorted(dealers)} received the unit, {liar} lied about it")
    framed = dealers.pop()
    everything = accusations(maker, regulator)
    wrong = [each for each in everything if each.names_organisation(framed) or each.names_item(item)]
    _require(not wrong, f"the framed dealer or its unit is accused: {wrong}")
    claims = {each.named for each in everything if each.named.startswith("claims/")}
    about_liar = [subject for subject in claims if subject.endswith(f"/{liar}")]
    _require(len(about_liar) == 1, f"{liar} made many claims, which is no alert among {sorted(claims)}")
    return f"{framed} is in none of {len(everything)} places that name somebody; one is about what {liar} claims"


def _invented(public: Client, maker: Client, regulator: Client, samples: Mapping[str, str], sent: Sent) -> str:
    """Asked when everything has been weighed: days of looks from three networks, in many cities, accuse no unit."""
    path = path_of(samples["crowd"])
    document = public.get(path)
    sent.scans += 1
    _require(document["verdict"] == "genuine", f"three networks make it {document['verdict']}")
    found = [each for each in accusations(maker, regulator) if each.names_item(path)]
    _require(not found, f"three networks make {found}")
    return "looks from three networks in far cities, day after day: genuine, in no case and in no leak report"


def _pages(public: Client, samples: Mapping[str, str], sent: Sent) -> str:
    largest = 0
    for verdict in VERDICTS:
        for language, mark in (("zh-CN", 'lang="zh'), ("en", 'lang="en')):
            page = public.page(path_of(samples[verdict]), language)
            sent.scans += 1
            _require(mark in page, f"the page of the {verdict} code is not in {language}")
            largest = max(largest, len(page.encode()))
    _require(largest < _PAGE_BYTES, f"a page has {largest} bytes")
    return f"{2 * len(VERDICTS)} pages, at most {largest} bytes"


def _alerts(maker: Client, outcome: Outcome) -> str:
    kinds: Counter[str] = Counter()
    for alert in open_alerts(maker):
        outcome.incidents += 1
        kinds.update(alert["kinds"])
    outcome.alerts = dict(sorted(kinds.items()))
    for kind in ("copied", "diverted", "early", "ended"):
        _require(kinds[kind] > 0, f"no alert of kind {kind} among {outcome.alerts}")
    alerts = ", ".join(f"{n} {kind}" for kind, n in outcome.alerts.items())
    return f"{outcome.incidents} incidents of {alerts}"


def _evidence(maker: Client, outcome: Outcome) -> str:
    """Assessing runs behind the transactions: wait for an incident that no single rule would open."""
    deadline = time.monotonic() + _ASSESSED_S
    alerts: list[dict[str, Any]] = []
    while not alerts:
        alerts = [alert for alert in open_alerts(maker, kind="copied") if _weighed(alert)]
        _require(bool(alerts) or time.monotonic() < deadline, "no incident from evidence alone")
        time.sleep(0 if alerts else 0.5)
    best = max(alerts, key=lambda alert: max(row["confidence"] for row in alert["evidence"]))
    explanation = best["explanation"]
    for language in ("zh", "en"):
        _require(
            all(sentence[language] for sentence in explanation["evidence"]), f"a piece of evidence is not in {language}"
        )
        _require(bool(explanation["silent_if"][language]), f"what would have prevented it is not in {language}")
    outcome.incident = {
        "subject": best["subject"],
        "kind": best["kind"],
        "evidence": [sentence["en"] for sentence in explanation["evidence"]],
        "innocent": explanation["innocent"]["en"],
        "silent_if": explanation["silent_if"]["en"],
    }
    _require(bool(explanation["innocent"]["en"]), "nothing innocent is said to explain it")
    return f"{len(alerts)} incidents with what no rule sees alone, with innocent explanation and counterfactual"


def _weighed(alert: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings of an incident that no rule alone would make, with the probabilities of other causes."""
    found = [row for row in alert["evidence"] if row["rule"] == assessed.COPIED]
    return [row for row in found if row["evidence"]["details"].get("posterior")]


def _leak(public: Client, regulator: Client, token: str, outcome: Outcome) -> str:
    """The report as a regulator gets it: as JSON, and as a page in both languages."""
    deadline = time.monotonic() + _ASSESSED_S
    while True:
        report = max(regulator.get("/api/v1/leaks")["leaks"], key=lambda report: report["codes"], default=None)
        if report is not None and report["codes"] >= MIN_LEAKED:
            break
        _require(time.monotonic() < deadline, f"no leak-source report on {MIN_LEAKED} codes")
        time.sleep(0.5)
    top = report["ranked"][0]
    _require(bool(report["credible"]) and report["inspect"] is not None, "no credible set, or nothing to inspect next")
    for language in ("zh", "en"):
        page = public.send_form(f"/leaks?lang={language}", {"token": token})
        _require(escape(top["name"][language]) in page, f"the page in {language} does not name the likeliest site")
        _require("<svg" in page, "the page has no map")
    outcome.leak = {
        "site": top["site"],
        "tier": top["tier"],
        "probability": top["probability"],
        "codes": report["codes"],
        "credible": report["credible"],
        "inspect": report["inspect"]["sites"],
        "says": [sentence["en"] for sentence in report["sentences"]],
    }
    return f"{top['site']} with {top['probability']:.0%} from {report['codes']} codes, as JSON and as a page with a map"


def _labels(maker: Client, samples: Mapping[str, str]) -> str:
    batch = maker.get("/api/v1/batches", limit=1)["batches"][0]
    path = f"/api/v1/batches/{batch['lot']}"
    code = next(maker.lines(f"{path}/codes", first=0, count=1))
    image = Image.open(io.BytesIO(maker.download(f"{path}/labels", format="png", index=0)))
    # Every reader of one-dimensional codes finds one in the modules of some QR code, now and then.
    read = [
        barcode.text
        for barcode in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]
    _require(read == [code["uri"]], f"the label reads as {read}, the code is {code['uri']}")
    sheet = maker.download(f"{path}/labels", format="pdf", index=0, count=24)
    _require(sheet.startswith(b"%PDF-"), "the sheet is no PDF")
    _require(bool(samples), "there are no samples")
    return f"PNG read back; a sheet of 24 in {len(sheet)} bytes of PDF"


def _regulator(regulator: Client, samples: Mapping[str, str]) -> str:
    item = path_of(samples["genuine"])
    history = regulator.get("/api/v1/history", item=item, limit=200)["events"]
    steps = {event["biz_step"] for event in history}
    _require({"commissioning", "packing"} & steps != set(), f"the unit's history begins nowhere: {sorted(steps)}")
    _require("receiving" in steps, f"the unit inherited nothing from its containers: {sorted(steps)}")
    table = regulator.download("/api/v1/history", item=item, format="csv").decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    _require(len(rows) == len(history), f"{len(rows)} rows in CSV, {len(history)} events in JSON")
    lot = regulator.get("/api/v1/findings", limit=1)
    _require(bool(lot["findings"]), "there are no findings")
    return f"{len(history)} events of one unit through its containers, as JSON and as CSV"


def _strangers(public: Client, base_url: str) -> str:
    refused = 0
    for path in ("/api/v1/incidents", "/api/v1/history?item=x", "/api/v1/batches", "/api/v1/findings"):
        try:
            public.get(path)
        except Refused as error:
            _require(" 401 " in str(error), f"{path} answers {error}")
            refused += 1
    _require(refused == 4, "a stranger got an answer")
    try:
        public.get("/01/09521234100017/21/" + quote("!"))
    except Refused as error:
        _require(" 400 " in str(error), f"a wrong check digit answers {error}")
    else:
        raise ValueError(f"a wrong check digit is accepted at {base_url}")
    return "401 without a token, 400 for a malformed code"
