"""Refusals of model choice."""

from collections.abc import Sequence

from agent.errors import BadInput, NotFound

_NAMED = 8


class NoSuchSkill(NotFound):
    """No skill fits the words."""

    code = "skill_not_found"

    def __init__(self, said: str, known: Sequence[str]) -> None:
        """Name what was looked for and what there is."""
        super().__init__(
            f"I know no skill called {said!r}.",
            hint=f"There are: {', '.join(known[:_NAMED])}.",
        )


class NearSkills(BadInput):
    """Several skills fit the words."""

    code = "skill_ambiguous"

    def __init__(self, said: str, near: Sequence[str]) -> None:
        """Name them."""
        super().__init__(
            f"{said!r} may be {' or '.join(near[:_NAMED])}.",
            hint="Say which one.",
            field="skill",
        )


class NoSuchModel(BadInput):
    """A model that cannot be called: unknown, without a price, or without a key."""

    code = "model_unknown"

    def __init__(self, said: str, why: str) -> None:
        """Say why not."""
        super().__init__(
            f"{said} cannot be used: {why}.",
            hint="/models lists what can.",
            field="model",
        )
