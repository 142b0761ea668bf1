"""Refusals of the billing room."""

from collections.abc import Sequence

from agent.errors import BadInput, NotFound


class NoSuchPerson(NotFound):
    """Nobody in this workspace has that name."""

    code = "person_not_found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Name who was looked for and who there is."""
        super().__init__(
            f"Nobody here is called {name!r}.",
            hint=f"There are: {', '.join(known[:10])}.",
        )


class NearPeople(BadInput):
    """Several people have that name."""

    code = "person_ambiguous"

    def __init__(self, name: str, near: Sequence[str]) -> None:
        """Name them."""
        super().__init__(
            f"{name!r} may be {' or '.join(near[:10])}.", hint="Say the whole name."
        )
