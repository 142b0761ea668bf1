"""Refusals of the billing room."""

from collections.abc import Sequence

from agent.errors import BadInput, NotFound


class AboveCeiling(BadInput):
    """More than the installation lets a workspace spend."""

    code = "limit_above_ceiling"

    def __init__(self, most: str, period: str) -> None:
        """Name the most there may be."""
        super().__init__(
            f"Here a workspace may spend at most {most} a {period}.",
            hint="Choose less, or ask whoever runs Draper for more.",
        )


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
