"""Where spans go: to an OpenTelemetry collector, as protobuf over HTTP."""

from urllib.parse import unquote

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PATH = "/v1/traces"
PATIENCE_S = 5


def batches(endpoint: str, headers: str = "") -> BatchSpanProcessor:
    """Return what posts spans in batches, from a thread of its own.

    Args:
        endpoint: The collector, as OTEL_EXPORTER_OTLP_ENDPOINT names it.
        headers: ``name=value,...``, values percent-encoded.
    """
    exporter = OTLPSpanExporter(
        endpoint=endpoint.rstrip("/") + PATH,
        headers=_headers(headers),
        timeout=PATIENCE_S,
    )
    return BatchSpanProcessor(exporter)


def _headers(given: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in given.split(",") if "=" in pair)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}
