"""Refusals about proposed rules."""

from sqlalchemy import RowMapping

from agent.errors import Conflict, NotFound


class NoSuchProposal(NotFound):
    """There is no such proposal here."""

    code = "no_such_proposal"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such proposal.", hint="/rules shows open ones.")


class OpenAlready(Conflict):
    """Another change of the skill's rules waits for a decision."""

    code = "proposal_open"

    def __init__(self, title: str) -> None:
        """Name the skill."""
        super().__init__(
            f"A change of the rules of {title} waits for a decision already.",
            hint="An owner or admin accepts or rejects it first: /rules shows it.",
        )


class Decided(Conflict):
    """Somebody decided before."""

    code = "proposal_decided"

    def __init__(self, row: RowMapping) -> None:
        """Say who, when and what."""
        verb = "rejected" if row["status"] == "rejected" else "accepted"
        who = row["decided_by"] or "Somebody"
        day = f" on {row['decided_at']:%d %b}" if row["decided_at"] else ""
        where = (
            f" It stands since {row['since_version']}." if verb == "accepted" else ""
        )
        super().__init__(f"{who} {verb} it{day}.{where}")


class Regressed(Conflict):
    """The change makes good pieces worse."""

    code = "proposal_regressed"

    def __init__(self, title: str) -> None:
        """Say what can be done."""
        super().__init__(
            f"With it, pieces of {title} that were good became worse.",
            hint="Edit it, or reject it.",
        )
