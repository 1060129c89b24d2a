"""The dashboard asks only for what there is, and shows everything that there is."""

import json
import re

from prometheus_client import CollectorRegistry, generate_latest

from gateway.assess.metrics import AssessMetrics
from gateway.capture.app import create_app
from gateway.ingest.metrics import Metrics
from gateway.supervise.metrics_rollup import Rollup
from scripts.environment import ROOT

BOARD = json.loads((ROOT / "deploy" / "grafana" / "suyuan.json").read_text())
EXPRESSIONS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


class NoWorkers:
    slots = ()


def samples():
    """The names of all samples that a gateway, its HTTP capture, the supervisor and the assessor can give."""
    metrics, capture = Metrics(), CollectorRegistry()
    registries = (metrics.registry, capture, Rollup({}, NoWorkers()).registry, AssessMetrics().registry)
    create_app(None, None, capture, wait_s=1)
    text = b"".join(generate_latest(each) for each in registries)
    families = re.findall(r"^# TYPE (\w+) (\w+)", text.decode(), re.MULTILINE)
    suffixes = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    return {name + suffix for name, kind in families for suffix in suffixes[kind] if not name.endswith("_created")}


def test_every_metric_on_the_dashboard_exists():
    asked = {name for each in EXPRESSIONS for name in re.findall(r"suyuan_\w+", each)}
    assert len(asked) > 10
    assert asked <= samples()
    assert set(re.findall(r"suyuan_\w+", json.dumps(BOARD["templating"]))) <= samples()


def test_every_metric_is_on_the_dashboard():
    asked = " ".join(EXPRESSIONS)
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in samples()}
    assert {name for name in families if name not in asked} == set()


def test_every_panel_says_what_it_means_and_none_hides_another():
    places = [panel["gridPos"] for panel in BOARD["panels"]]
    assert all(panel["title"] and panel["description"] for panel in BOARD["panels"])
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
