"""What an empty conversation suggests, and what a session is called. Pure.

Source: docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts,
/reference/methods/agents.sessions.setStatus
"""

from collections.abc import Sequence

from channels.abilities import Prompt

TITLE = "What shall we do?"
MOST, LABEL, SAID, NAME = 4, 75, 2_000, 200
"""How many prompts Slack shows; characters of each part. Slack publishes the first and
the last figure; a label is kept as short as a button's."""


def listed(offered: Sequence[Prompt]) -> list[dict[str, str]]:
    """The prompts as Slack takes them."""
    return [
        {"title": _cut(one.title, LABEL), "message": _cut(one.said, SAID)}
        for one in offered[:MOST]
    ]


def name(title: str) -> str:
    """A session's title, in one line."""
    return _cut(" ".join(title.split()), NAME)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
