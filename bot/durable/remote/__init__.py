"""Durable runs on an Inngest server: events out by a relay, its calls in over HTTP."""
