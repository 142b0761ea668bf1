"""The engine's HTTP face: events in, apps registered, runs looked up; loopback only.

Paths and shapes are an Inngest server's, so that its SDKs drive this engine unchanged.
Source: pkg/api, pkg/coreapi and pkg/devserver of github.com/inngest/inngest
"""
