"""Refusals of the clients room."""

from collections.abc import Sequence

from agent.errors import BadInput, Conflict, NotFound

NAMED = 10
"""How many brands a refusal names."""


class NoSuchClient(NotFound):
    """No brand of this workspace has that name."""

    code = "client_not_found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name what was looked for and what there is."""
        there = f"There are: {_some(known)}." if known else "There are none yet."
        super().__init__(
            f"I know no client called {name!r}. {there}",
            hint="/client new <name> adds one.",
        )


class ClientGone(NotFound):
    """The brand that was meant is not in this workspace, or no longer."""

    code = "client_gone"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__(
            "That client is not here any more.", hint="/client lists those there are."
        )


class NearClients(BadInput):
    """Two brands or more fit the words."""

    code = "client_ambiguous"

    def __init__(self, name: str, fitting: Sequence[str]) -> None:
        """Name those that fit."""
        super().__init__(
            f"{name!r} fits {_some(fitting)}.", hint="Write the whole name."
        )


class ClientExists(Conflict):
    """A brand of that name is there already."""

    code = "client_exists"

    def __init__(self, name: str) -> None:
        """Name it, and what to do instead."""
        super().__init__(
            f"{name} is there already.", hint=f"/client use {name} works on it."
        )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown
