"""How a message found its skill, kept with the run it started."""

from dataclasses import replace

from agent.ctx import Ctx
from bot.router import Route

_KEPT_AS = {"assistant": "none", "form": "phrase"}
"""Router methods that ``routing_labels`` knows by another name."""


def with_route(ctx: Ctx, route: Route) -> Ctx:
    """Remember the router's decision and its reasons."""
    names = (route.skill, *route.alternatives)
    return _remember(
        ctx,
        {
            "method": _KEPT_AS.get(route.method, route.method),
            "confidence": round(route.confidence, 3),
            "candidates": [{"skill": name} for name in names],
            "reasons": list(route.reasons),
        },
    )


def with_press(ctx: Ctx, skill: str) -> Ctx:
    """Remember that the person chose; that makes it a label to learn from."""
    return _remember(
        ctx,
        {
            "method": "press",
            "confidence": 1,
            "candidates": [{"skill": skill}],
            "reasons": ["a button named it"],
        },
    )


def _remember(ctx: Ctx, routing: dict[str, object]) -> Ctx:
    assert ctx.origin is not None  # noqa: S101 - a chat's call has an origin
    return replace(ctx, origin=replace(ctx.origin, routing=routing))
