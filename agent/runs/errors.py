"""Refusals of the runs room."""

from agent.errors import Conflict, Forbidden, NotFound


class RunNotFound(NotFound):
    """No such run in this workspace."""

    code = "run_not_found"

    def __init__(self, number: int) -> None:
        """Name the run, and how to see what there is."""
        what = (
            f"I know no run #{number}."
            if number
            else "I have nothing of yours for that right now."
        )
        super().__init__(what, hint="/runs lists the latest.")


class ElsewhereRun(Forbidden):
    """The run's answer stands in a chat that the caller cannot see from here."""

    code = "run_elsewhere"

    def __init__(self, number: int) -> None:
        """Name the run, and who can."""
        super().__init__(
            f"Run #{number} belongs to another chat.",
            hint="Whoever can read it there can stop it, or start it again.",
        )


class OutputNotFound(NotFound):
    """The output is not in this workspace, or was erased."""

    code = "output_not_found"

    def __init__(self) -> None:
        """Say what to do instead."""
        super().__init__("I no longer have that piece.", hint="Ask for it again.")


class PieceGone(NotFound):
    """A piece that something was to be made of was erased."""

    code = "piece_gone"

    def __init__(self) -> None:
        """Say what to do instead."""
        said = "The piece that this was to go on from is not there any more."
        super().__init__(said, hint="Send me the text, and I work on that.")


class NotScored(Conflict):
    """A reason came from a person who gave no score."""

    code = "not_scored"

    def __init__(self) -> None:
        """Say what comes first."""
        super().__init__("You have not scored this yet.", hint="Press 1 to 5 first.")


class NothingToReview(NotFound):
    """The run made nothing that could be judged, or not yet; or there is no piece."""

    code = "nothing_to_review"

    def __init__(self, number: int) -> None:
        """Say so, and how to see what there is."""
        what = (
            f"Run #{number} has made nothing to review so far."
            if number
            else "There is no piece to review yet."
        )
        super().__init__(what, hint="/outputs lists the pieces.")


class TooManyIssues(Conflict):
    """One person has named as many issues with one piece as are kept."""

    code = "too_many_issues"

    def __init__(self, most: int) -> None:
        """Say how many there may be."""
        super().__init__(
            f"You have named {most} issues with this piece already.",
            hint="Ask for a new version instead; that helps more.",
        )


class RunEnded(Conflict):
    """The run is over; there is nothing to stop."""

    code = "run_ended"

    def __init__(self, number: int, status: str) -> None:
        """Say where it stands."""
        super().__init__(
            f"Run #{number} is {status} already.", hint="/retry starts it again."
        )


class RunAlive(Conflict):
    """The run has not ended; it cannot start again."""

    code = "run_alive"

    def __init__(self, number: int, status: str) -> None:
        """Say where it stands."""
        super().__init__(
            f"Run #{number} is {status}.",
            hint=f"/cancel {number} stops it.",
        )


class ApprovalNotFound(NotFound):
    """No such draft waits here, or the caller may not see it."""

    code = "approval_not_found"

    def __init__(self) -> None:
        """Say how to see what there is."""
        super().__init__(
            "I know no such draft here.", hint="/approvals lists what waits for you."
        )


class AlreadyDecided(Conflict):
    """The draft is approved, sent back, rejected, or no longer asked about."""

    code = "already_decided"

    def __init__(self, status: str, by: str) -> None:
        """Say how it was decided, and by whom where somebody did."""
        said = {
            "approved": f"That was already approved by {by}.",
            "rejected": f"That was already rejected by {by}.",
            "revision_requested": f"That was already sent back by {by}.",
            "expired": "That draft waited too long; nobody decided in time.",
            "cancelled": "That draft is no longer asked about.",
        }
        again = (
            "Try again starts it anew." if status in {"expired", "cancelled"} else ""
        )
        super().__init__(said.get(status, "That is decided."), hint=again)


class QuestionClosed(Conflict):
    """The question was answered, came to nothing, or belongs to an earlier attempt."""

    code = "question_closed"


class AlreadyDone(Conflict):
    """This very message was worked on before; everything it asked for stands."""

    code = "already_done"
