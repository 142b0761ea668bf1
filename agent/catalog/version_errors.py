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


class NothingBefore(Conflict):
    """There is no version before this one."""

    code = "nothing_before"

    def __init__(self, skill: str, number: str) -> None:
        """Name it."""
        super().__init__(
            f"{number} is the first version of {skill} here.",
            hint=f"/versions {skill} lists what there is.",
        )


class MovedOn(Conflict):
    """Another version is in force by now than the one that was to be left."""

    code = "moved_on"

    def __init__(self, skill: str, number: str) -> None:
        """Name what is in force."""
        super().__init__(
            f"{skill} {number} is in force by now; nothing was changed.",
            hint=f"/rollback {skill} goes back from there.",
        )


class UpToDate(Conflict):
    """There is no newer version to take."""

    code = "up_to_date"

    def __init__(self, skill: str, number: str) -> None:
        """Name what is in force."""
        super().__init__(
            f"{skill} {number} is built on the newest there is.",
            hint=f"/versions {skill} lists the others.",
        )


class BothReworded(Conflict):
    """The method was changed on both sides, so nothing can be laid together."""

    code = "both_reworded"

    def __init__(self, skill: str, own: str, house: str) -> None:
        """Name both, and the two ways on."""
        super().__init__(
            f"{own} and {house} both change the method of {skill}, so yours stays.",
            hint=f"/unpin {skill} takes {house} without yours.",
        )
