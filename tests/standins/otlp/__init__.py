"""A stand-in of an OpenTelemetry collector: takes traces as protobuf over HTTP."""

from tests.standins.otlp.collector import Collector, Kept

__all__ = ["Collector", "Kept"]
