"""How a message found its skill, kept with the run it started."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.ctx import Ctx
from agent.memory.schemas import ROUTING
from bot.language import language_of
from bot.router import Route

_NONE: Mapping[str, Any] = {}
_KEPT_AS = {"assistant": "none", "form": "phrase"}
"""Router methods that ``routing_labels`` knows by another name."""


def with_route(ctx: Ctx, route: Route) -> Ctx:
    """Remember the router's decision and its reasons."""
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    scores = dict(route.scores)
    names = dict.fromkeys([route.skill, *route.alternatives, *scores])
    told = str(ctx.origin.routing.get("language", ""))
    return _remember(
        ctx,
        {
            "method": _KEPT_AS.get(route.method, route.method),
            "confidence": round(route.confidence, 3),
            "candidates": [_candidate(name, scores.get(name)) for name in names],
            "reasons": list(route.reasons),
            "language": language_of(route.brief) or told,
            "text": route.brief,
        },
    )


def with_press(
    ctx: Ctx, skill: str, brief: str, params: Mapping[str, Any] = _NONE
) -> Ctx:
    """Remember that the person chose; that makes it a label to learn from.

    Where the button only said for whom, what was decided before stands.
    """
    if ROUTING in params:
        return unpacked(ctx, params)
    return _remember(
        ctx,
        {
            "method": "press",
            "confidence": 1,
            "candidates": [{"skill": skill}],
            "reasons": ["a button named it"],
            "text": brief or None,
        },
    )


def is_taught(ctx: Ctx) -> bool:
    """Whether what is begun now was chosen by a person."""
    return bool(ctx.origin and ctx.origin.routing.get("method") == "press")


def passed_on(ctx: Ctx) -> dict[str, str]:
    """The decision, as buttons keep it that ask for whom; the text is the message's."""
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    known = {key: one for key, one in ctx.origin.routing.items() if key != "text"}
    return {ROUTING: json.dumps(known)} if known else {}


def packed(ctx: Ctx) -> dict[str, str]:
    """The decision, as an open interview keeps it for the run it leads to."""
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    return {ROUTING: json.dumps(dict(ctx.origin.routing))} if ctx.origin.routing else {}


def unpacked(ctx: Ctx, answers: Mapping[str, str]) -> Ctx:
    """The call with the decision that its interview began with."""
    return _remember(ctx, json.loads(answers[ROUTING])) if ROUTING in answers else ctx


def _candidate(name: str, score: float | None) -> dict[str, object]:
    return {"skill": name} | ({} if score is None else {"score": round(score, 3)})


def _remember(ctx: Ctx, routing: dict[str, object]) -> Ctx:
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    return replace(ctx, origin=replace(ctx.origin, routing=routing))
