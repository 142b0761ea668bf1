"""Refusals of the clients room."""

from collections.abc import Mapping, Sequence
from typing import Any

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
            "That client is not here any more.", hint="/clients lists those there are."
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

    def __init__(self, name: str, *, is_archived: bool = False) -> None:
        """Name it, and what to do instead."""
        where = "is there already, archived" if is_archived else "is there already"
        verb = "restore" if is_archived else "use"
        then = "brings it back" if is_archived else "works on it"
        super().__init__(f"{name} {where}.", hint=f"/client {verb} {name} {then}.")


class ClientArchived(Conflict):
    """The brand that is meant was put away."""

    code = "client_archived"

    def __init__(self, name: str) -> None:
        """Name it, and how to have it back."""
        super().__init__(
            f"{name} is archived.", hint=f"/client restore {name} brings it back."
        )
        self.name = name


class NoSuchVersion(NotFound):
    """The profile has no version of that number."""

    code = "client_version_not_found"

    def __init__(self, number: int | None = None) -> None:
        """Name it, and how to see those there are."""
        which = f"version {number}" if number is not None else "version from then"
        super().__init__(
            f"That profile has no {which}.", hint="/client history lists them."
        )


class StaleEdit(Conflict):
    """The same was told anew since the version that was looked at."""

    code = "client_changed"

    def __init__(self, name: str, latest: Mapping[str, Any], seen: int) -> None:
        """Say who changed what, and when."""
        who = latest["author"] or "somebody"
        super().__init__(
            f"{name} is at version {latest['number']} now, you looked at {seen}: "
            f"{who} changed it meanwhile ({latest['changelog']}).",
            hint="Look at it again, then say what you want.",
        )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown
