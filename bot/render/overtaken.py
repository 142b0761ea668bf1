"""Tests that another version in force overtakes, in words: before, and after."""

from collections.abc import Sequence

from agent.catalog.proposal_schemas import RuleAccepted
from agent.mailroom.schemas import Choice, Message
from bot.render.words import name

WHY = {
    "roll_back": " by a roll back",
    "pin": " as another version was pinned",
    "unpin": " as a pin was taken off",
    "take_version": " as the newer version was taken",
    "accept_rule": " as a rule was accepted",
    "promote": " as another version was promoted",
}
"""Follows how a test ended."""


def asked(value: RuleAccepted) -> Message:
    """The question before a running test is ended."""
    one, title = value.proposal, name(value.proposal.title)
    listed = " and ".join(map(name, value.running))
    said = (
        f"{title} {listed} is being tested against {one.base}. With {one.code} "
        f"accepted, {one.base} is in force no more, and the test would compare with "
        "what nobody works by.\n\nNothing is changed yet. If you wait, the rule stays "
        f"open: /rules {one.skill}."
    )
    ends = {"rule_id": str(one.rule_id), "ends_test": True}
    return Message(
        said,
        choices=(
            Choice("Stop the test and accept", "catalog.accept_rule", ends),
            Choice("Wait", "catalog.tests", {"skill": one.skill}),
        ),
    )


def over(versions: Sequence[str]) -> str:
    """What is told where another version was put in force; empty: no test ended."""
    if not versions:
        return ""
    listed = " and ".join(map(name, versions))
    one = f" The test of {listed} is over with that: it compared"
    several = f" The tests of {listed} are over with that: they compared"
    said = one if len(versions) == 1 else several
    return f"{said} with the version before. What was found is kept (/tests)."
