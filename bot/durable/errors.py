"""What the embedded engine refuses."""

from agent.errors import BadInput


class Unsupported(BadInput):
    """A function asks for what the embedded engine does not do."""
