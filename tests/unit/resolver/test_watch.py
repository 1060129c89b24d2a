"""What watching says of requests: enough for an operator, and nothing of who sent them."""

import asyncio
import json
import logging
from io import StringIO

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from starlette.responses import JSONResponse

from resolver.watch import tracing
from resolver.watch.metrics import RequestMetrics
from resolver.watch.otel_spans import spans_to
from resolver.watch.route import limit_of
from resolver.watch.watched import Watched
from schemas import logs
from schemas.errors import Misconfigured

SECRETS = ("0K7Q2M8W4ZC1N5XR3VTB", "huadu", "s3cret", "114.114.114.7", "mallory")
CODE = "/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"


def watched_app(metrics, **more):
    app = FastAPI()
    app.add_middleware(Watched, metrics=metrics, **more)

    @app.get("/api/v1/organisations/{org}/keys")
    def keys(org):
        logging.getLogger("resolver").warning("looked up")
        return {}

    @app.get("/failing")
    def failing():
        return JSONResponse({}, 503)

    @app.get("/{path:path}")
    def code(path):
        return JSONResponse({}, 429 if path.endswith("B") else 200)

    return app


@pytest.fixture
def ask():
    async def asked(app, *paths):
        transport = httpx.ASGITransport(app=app, client=("114.114.114.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return [
                await client.get(path, headers={"Authorization": "Bearer s3cret", "Cookie": "mallory=1"})
                for path in paths
            ]

    def ask(app, *paths):
        return asyncio.run(asked(app, *paths))

    return ask


PATHS = ("/api/v1/organisations/huadu/keys?x=mallory", CODE, "/failing", "/anything/else/mallory")


def test_requests_are_counted_by_route_and_status_and_name_nobody(ask):
    registry = CollectorRegistry()
    ask(watched_app(RequestMetrics(registry)), *PATHS)
    text = generate_latest(registry).decode()
    assert 'requests_total{method="GET",route="/api/v1/organisations/{org}/keys",status="200"} 1.0' in text
    assert 'requests_total{method="GET",route="/{code}",status="429"} 1.0' in text
    assert 'request_seconds_count{route="/failing"} 1.0' in text
    assert 'refused_total{limit="code"} 1.0' in text
    assert not [secret for secret in SECRETS if secret in text]


def test_each_limit_has_a_name():
    refused = {route: limit_of(route, 429) for route in ("/{code}", "/reports", "none", "/api/v1/batches")}
    assert refused == {"/{code}": "code", "/reports": "report", "none": "network", "/api/v1/batches": "route"}
    assert limit_of("/{code}", 200) is None


def test_the_lines_of_a_request_have_its_id_and_so_has_the_answer(ask):
    stream, root = StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("json", "DEBUG", stream)
    try:
        answers = ask(watched_app(RequestMetrics(CollectorRegistry())), *PATHS)
    finally:
        root.handlers[:], root.level = before[0], before[1]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    ours = [line for line in lines if line["logger"].startswith("resolver")]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert [line["request_id"] for line in ours] == [ids[0], *ids], "a handler's own line, and one for each request"
    assert (ours[1]["route"], ours[1]["status"]) == ("/api/v1/organisations/{org}/keys", 200)
    assert not [secret for secret in SECRETS if any(secret in json.dumps(line) for line in ours)]


def test_a_trace_has_a_span_a_request_and_names_nobody(ask):
    exporter = InMemorySpanExporter()
    spans = spans_to(SimpleSpanProcessor(exporter))
    ask(watched_app(RequestMetrics(CollectorRegistry()), spans=spans), *PATHS)
    ended = exporter.get_finished_spans()
    assert [span.name for span in ended][:3] == ["GET /api/v1/organisations/{org}/keys", "GET /{code}", "GET /failing"]
    assert not ended[2].status.is_ok
    text = " ".join(span.to_json() for span in ended)
    assert not [secret for secret in SECRETS if secret in text]


def test_traces_are_off_without_a_collector_and_say_what_is_missing(monkeypatch):
    with tracing.open_spans("")("GET") as ended:
        ended("/x", 200)
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(Misconfigured, match="extra 'tracing'"):
        tracing.open_spans("http://collector:4318")
