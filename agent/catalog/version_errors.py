"""What can be wrong with a version that somebody names or makes."""

from agent.errors import BadInput, Conflict, NotFound


class NoSuchVersion(NotFound):
    """There is no such version of that skill, or no such skill."""

    code = "no_such_version"

    def __init__(self, skill: str, number: str = "") -> None:
        """Name it, and how to see what there is."""
        if number:
            said, hint = (
                f"There is no version {number} of {skill}.",
                f"/versions {skill}",
            )
        else:
            said, hint = f"There is no skill {skill} here.", "/skills"
        super().__init__(said, hint=f"{hint} lists what there is.")


class VersionGone(Conflict):
    """A version whose files cannot be had any more."""

    code = "version_gone"

    def __init__(self, skill: str, number: str) -> None:
        """Name it, and what still can be done."""
        super().__init__(
            f"The files of {skill} {number} are gone, so nothing can be written by it.",
            hint=f"/versions {skill} lists the others; what is in force stays.",
        )


class ChangesSettings(BadInput):
    """A version of one's own that would cost more, or ask nobody."""

    code = "changes_settings"

    def __init__(self, skill: str) -> None:
        """Say what may be changed."""
        super().__init__(
            f"A version of your own changes the rules and words of {skill}, "
            "not its model, its budget or who approves.",
            hint="/model chooses who writes; /skill shows what it may cost.",
        )
