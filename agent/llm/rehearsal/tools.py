"""How tools look without a model: a few plain requests call the one that fits.

The pattern decides, nothing is understood; what came back is shown as it is.
"""

import re
from collections.abc import Mapping
from typing import Any

from agent.llm.port import Prompt, ToolUse

SHOWN = 1200
"""Characters of a result that are shown."""

_PLAIN = (
    (r"(?:list|show|which|who are)\b.*\b(?:clients|brands)", "clients__list"),
    (r"(?:what|how much) did (?:run )?#?(?P<number>\d+) cost", "runs__show"),
    (r"(?:show|what about|how is) (?:run )?#(?P<number>\d+)", "runs__show"),
    (r"(?:stop|cancel) (?:run )?#?(?P<number>\d+)", "runs__cancel"),
    (r"(?:list|show|what are)\b.*\bruns", "runs__list"),
    (r"what(?:'s| is) (?:going on|the status)", "runs__status"),
    (r"(?:list|show)\b.*\b(?:pieces|outputs)", "runs__outputs"),
    (r"who is (?:in|on) (?:this|my|the|our) (?:team|workspace)", "identity__members"),
    (
        r"start (?:the )?(?P<skill>[a-z-]+) (?:skill )?(?:for|on) (?P<brief>.+)",
        "runs__start",
    ),
)
_REQUESTS = [
    (re.compile(rf"\W*(?:please\s+)?{pattern}", re.IGNORECASE | re.DOTALL), name)
    for pattern, name in _PLAIN
]


def wanted(prompt: Prompt) -> ToolUse | None:
    """The tool that the person's words plainly ask for, before any was called."""
    if prompt.metadata.get("skill") or not prompt.may_use_tools or came(prompt):
        return None
    said = _said(prompt)
    offered = {tool.name for tool in prompt.tools}
    for pattern, name in _REQUESTS:
        found = pattern.match(said)
        if found and name in offered:
            return ToolUse("rehearsal_1", name, _given(found.groupdict()))
    return None


def came(prompt: Prompt) -> str:
    """What was called and what came of it, to be shown; empty: nothing was called."""
    calls = [(use.id, use.name) for turn in prompt.turns for use in turn.tool_uses]
    results = {r.id: r for turn in prompt.turns for r in turn.tool_results}
    return "\n\n".join(
        f"I called the tool `{name.replace('__', '.')}`. It said:\n\n"
        f"```\n{_shown(results[ident].content)}\n```"
        for ident, name in calls
        if ident in results
    )


def _said(prompt: Prompt) -> str:
    return prompt.turns[-1].text if prompt.turns else ""


def _given(groups: Mapping[str, str | None]) -> dict[str, Any]:
    given: dict[str, Any] = {name: said for name, said in groups.items() if said}
    if "number" in given:
        given["number"] = int(given["number"])
    return given


def _shown(content: str) -> str:
    plain = content.replace("```", "'''")
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}..."
