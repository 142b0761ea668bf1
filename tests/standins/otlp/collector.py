"""POST /v1/traces, as the OTLP/HTTP specification has it.

Source: github.com/open-telemetry/opentelemetry-proto docs/specification.md
"""

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Kept:
    """One span, as it came."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    failed: bool
    seconds: float
    resource: dict[str, Any] = field(default_factory=dict)


class Collector:
    """Listens in a thread of its own, as whoever posts to it posts from one."""

    def __init__(self, token: str = "") -> None:
        """Refuse whoever does not show ``token``, if there is one."""
        self.spans: list[Kept] = []
        self.bodies: list[bytes] = []
        self.refused = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                status = outer._status(self.path, self.headers)
                if status == 200:
                    outer._take(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(status)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._token = token
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def of(self, trace_id: str) -> dict[str, Kept]:
        """The spans of one trace, by name."""
        return {span.name: span for span in self.spans if span.trace_id == trace_id}

    def _status(self, path: str, headers: Any) -> int:
        if path != "/v1/traces":
            return 404
        if headers.get("content-type") != "application/x-protobuf":
            return 415
        if self._token and headers.get("x-token") != self._token:
            self.refused += 1
            return 401
        return 200

    def _take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        self.bodies.append(body)
        for group in request.resource_spans:
            about = _plain(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_kept(span, about) for span in scope.spans]


def _kept(span: Any, about: dict[str, Any]) -> Kept:
    return Kept(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_plain(span.attributes),
        failed=span.status.code == 2,
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        resource=about,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(given: Any) -> Any:
    kind = given.WhichOneof("value")
    value = getattr(given, kind)
    return [_value(one) for one in value.values] if kind == "array_value" else value
