"""Spans of OpenTelemetry: one a request, sent by OTLP over HTTP.

A caller's ``traceparent`` is not taken up: strangers would choose what is recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from resolver.watch.watched import Ended, Spans


def spans_to_collector(endpoint: str) -> Spans:
    """What opens spans and sends them, in batches and by a thread of its own, to a collector at ``endpoint``."""
    return spans_to(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))


def spans_to(processor: SpanProcessor) -> Spans:
    """What opens spans and gives them to ``processor`` when they end."""
    provider = TracerProvider(resource=Resource({"service.name": "suyuan-resolver"}))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("suyuan.resolver")

    @contextmanager
    def span(method: str) -> Iterator[Ended]:
        with tracer.start_as_current_span(method, kind=SpanKind.SERVER, record_exception=False) as current:

            def ended(route: str, status: int) -> None:
                # OpenTelemetry's semantic conventions for HTTP: a server span is named by method and route.
                current.update_name(f"{method} {route}")
                current.set_attribute("http.request.method", method)
                current.set_attribute("http.route", route)
                current.set_attribute("http.response.status_code", status)
                if status >= 500:
                    current.set_status(Status(StatusCode.ERROR))

            yield ended

    return span
