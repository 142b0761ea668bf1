"""A strict stand-in for an Inngest server: events, functions, calls, runs."""

from tests.standins.inngest.server import EVENT_KEY, SIGNING_KEY, Inngest

__all__ = ["EVENT_KEY", "SIGNING_KEY", "Inngest"]
