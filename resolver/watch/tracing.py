"""Traces by OpenTelemetry, where the operator asks for them (ADR 23)."""

from importlib.util import find_spec

from resolver.watch.watched import Spans, no_span
from schemas.errors import Misconfigured

_SDK = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter")


def open_spans(endpoint: str) -> Spans:
    """What opens spans and sends them to a collector at ``endpoint``, such as http://collector:4318; "": nothing does.

    :raises Misconfigured: the packages for it are not installed.
    """
    if not endpoint:
        return no_span
    if not all(find_spec(package) for package in _SDK):
        raise Misconfigured(
            "SUYUAN_OTLP_ENDPOINT is set, and OpenTelemetry is not installed: add the extra 'tracing', or unset it"
        )
    from resolver.watch.otel_spans import spans_to_collector  # noqa: PLC0415 -- the packages are optional

    return spans_to_collector(endpoint)
