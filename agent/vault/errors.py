"""Refusals of the vault."""

from agent.errors import BadInput, Conflict, NotFound
from agent.vault.providers import PROVIDERS


class NoSuchKey(NotFound):
    """No key of that provider is kept here."""

    code = "no_such_key"

    def __init__(self, provider: str) -> None:
        """Say what to do instead."""
        title = PROVIDERS[provider].title
        super().__init__(
            f"No key of {title} is kept here.", hint=f"/key {provider} adds one."
        )


class PastedGone(Conflict):
    """A pasted key was stored or forgotten already, or waited for too long."""

    code = "pasted_gone"

    def __init__(self) -> None:
        """Say how to go on."""
        super().__init__("That key is no longer here.", hint="Send /key to add it.")


class HalfAKey(BadInput):
    """A key that was not copied whole, or is none of its maker's."""

    code = "half_a_key"

    def __init__(self, title: str) -> None:
        """Say how to get the whole of it."""
        super().__init__(
            f"That is not a whole key of {title}.",
            hint="Copy it again with the maker's copy button, to its last character.",
            field="secret",
        )
