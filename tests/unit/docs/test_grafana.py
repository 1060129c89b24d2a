"""Dashboards and alert rules ask only for what the processes expose, and the dashboards show all of it."""

import json
import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.assess import store_metrics
from gateway.assess.metrics import AssessMetrics
from gateway.capture.app import create_app
from gateway.ingest.metrics import Metrics
from gateway.notify.metrics import NotifyMetrics
from gateway.retention.metrics import RetentionMetrics
from gateway.store.server_state import QUEUES, ServerState
from gateway.supervise.metrics_rollup import Rollup
from resolver.watch.metrics import CacheState, PoolState, QueueState, RequestMetrics, StateMetrics
from scripts.environment import ROOT

BOARDS = {path.name: json.loads(path.read_text()) for path in (ROOT / "deploy" / "grafana").glob("*.json")}
EXPRESSIONS = [target["expr"] for board in BOARDS.values() for panel in board["panels"] for target in panel["targets"]]
ALERTS = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()


class NoWorkers:
    slots = ()


@pytest.fixture(scope="module")
def samples():
    """The names of all samples that each process can give."""
    metrics, capture, resolver = Metrics(), CollectorRegistry(), CollectorRegistry()
    assessor, store = AssessMetrics(), CollectorRegistry()
    RetentionMetrics(assessor.registry)
    create_app(None, None, capture, wait_s=1)
    RequestMetrics(resolver)
    StateMetrics(
        resolver,
        pools=lambda: {"p": PoolState(1, 1, 0)},
        queues=lambda: {"q": QueueState(0, 0, 0)},
        caches=lambda: {"c": CacheState(0, 0, 0)},
    )

    class Answering(store_metrics.StoreMetrics):
        def collect(self):
            yield store_metrics._gauge("up", "x", 1)
            yield from store_metrics._of_store(ServerState(*[0] * len(ServerState._fields)), dict.fromkeys(QUEUES, 0))

    Answering("", store)
    registries = (
        *(metrics.registry, capture, Rollup({}, NoWorkers()).registry),
        *(assessor.registry, store, NotifyMetrics().registry, resolver),
    )
    text = b"".join(generate_latest(each) for each in registries)
    families = re.findall(r"^# TYPE (\w+) (\w+)", text.decode(), re.MULTILINE)
    suffixes = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    return {name + suffix for name, kind in families for suffix in suffixes[kind] if not name.endswith("_created")}


def named(text):
    return set(re.findall(r"suyuan_\w+", text))


def test_every_metric_on_a_dashboard_exists(samples):
    assert len(named(" ".join(EXPRESSIONS))) > 30
    assert named(" ".join(EXPRESSIONS)) <= samples
    assert named(" ".join(json.dumps(board["templating"]) for board in BOARDS.values())) <= samples


def test_every_metric_of_an_alert_exists(samples):
    rules = re.split(r"\n *- alert: ", ALERTS)[1:]
    assert len(rules) > 20
    for rule in rules:
        name, _, body = rule.partition("\n")
        asked = named(body)
        assert asked <= samples, name
        assert asked or "up{" in body, name
        assert "severity: " in body, name
        assert "summary: " in body, name
        assert "action: " in body, f"{name} says what to do"


def test_every_metric_is_on_a_dashboard(samples):
    shown = " ".join(EXPRESSIONS)
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in samples}
    assert {name for name in families if name not in shown} == set()


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_panel_says_what_it_means_and_none_hides_another(name):
    panels = BOARDS[name]["panels"]
    places = [panel["gridPos"] for panel in panels]
    assert all(panel["title"] and panel["description"] for panel in panels)
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in panels}) == len(panels)
