"""Where words alone do not tell the skill: what was before, what was taught, a model.

The model is asked with no transaction open. So a message that needs it is put back as
it was, asked about, and taken up again with the answer in its ``origin.routing``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.ctx import Caller, Ctx, Origin
from agent.runs import guess, label_queries
from agent.runs.guess import Asked, Guess
from bot.router import ASSISTANT, CANDIDATES, SURE, Learnt, Route
from bot.services import Services

_HARDLY = 0.5
"""The confidence below which buttons would be a guess at random."""
_MOST_SKILLS = 80
"""In the model's list; of more, those that words spoke for come first."""


class Unclear(Exception):
    """The model must be asked before this message can be gone on with."""

    def __init__(self, route: Route) -> None:
        """Keep what is known so far."""
        super().__init__("a model must say which skill is meant")
        self.route = route


async def routed(services: Services, ctx: Ctx, text: str) -> Route:
    """The route of ``text`` here: by its words, else with what is known besides."""
    route = services.router.route(text)
    if not route.wants_model and route.method != "asked":
        return route
    known = await label_queries.background(ctx.session, ctx.caller.conversation_id)
    if not known.recent and not known.taught:
        return route
    taught = [Learnt(*one) for one in known.taught]
    route = services.router.route(text, recent=known.recent, learnt=taught)
    return route._replace(recent=known.recent)


async def settled(services: Services, ctx: Ctx, route: Route) -> Route:
    """The route to go on with: as the model said, where it was asked.

    Raises:
        Unclear: It must be asked first.
    """
    assert ctx.origin is not None  # noqa: S101 - a message has one
    if told := ctx.origin.routing:
        return _told(route, told)
    if route.wants_model and await _has_model(services, ctx):
        raise Unclear(route)
    return _plainly(route)


async def ask(
    services: Services, caller: Caller, origin: Origin, unclear: Unclear
) -> Origin:
    """The origin, with what the model said; also where it said nothing."""
    assert origin.inbox_id is not None  # noqa: S101 - a message was kept
    route = unclear.route
    found = await guess.ask(
        services.bench,
        caller,
        origin.inbox_id,
        Asked(route.brief, _skills(services, route), route.recent),
        within_s=services.guess_s,
    )
    return replace(origin, routing=_kept(found))


def _plainly(route: Route) -> Route:
    """The route; a question that is hardly like anything is answered, not sorted."""
    if route.method != "asked" or route.confidence >= _HARDLY:
        return route
    if not route.brief.rstrip().endswith("?"):
        return route
    reason = "a question that no skill is much like"
    return route._replace(
        skill=ASSISTANT, method=ASSISTANT, reasons=(*route.reasons, reason)
    )


async def _has_model(services: Services, ctx: Ctx) -> bool:
    seating = services.bench.seating
    if seating is None or not services.guess_s:
        return False
    return await seating.quick(ctx.session) is not None


def _skills(services: Services, route: Route) -> Mapping[str, str]:
    named = [name for name, _ in route.scores]
    names = dict.fromkeys([*named, *sorted(services.shelf.files)])
    return {
        name: file.description
        for name in list(names)[:_MOST_SKILLS]
        if (file := services.shelf.file(name))
    }


def _kept(found: Guess | None) -> dict[str, Any]:
    if found is None:
        return {"guess": ""}
    return {
        "guess": found.skill,
        "sure": found.confidence,
        "second": found.second,
        "language": found.language,
    }


def _told(route: Route, told: Mapping[str, Any]) -> Route:
    """The route, by what the model said; as it was where the model said nothing."""
    skill = str(told.get("guess", ""))
    if not skill:
        return _plainly(route)
    sure, second = float(told["sure"]), str(told["second"])
    others = dict.fromkeys([second, route.skill, *route.alternatives])
    alternatives = tuple(
        name for name in others if name and name not in {skill, ASSISTANT}
    )[: CANDIDATES - 1]
    is_sure = sure >= SURE
    reason = f"a fast model takes it for {skill} ({sure:.0%} sure)"
    if not is_sure and skill == ASSISTANT and alternatives:
        skill, alternatives = alternatives[0], alternatives[1:]
    method = "model" if is_sure else "asked"
    return route._replace(
        skill=skill,
        method=ASSISTANT if skill == ASSISTANT else method,
        confidence=sure,
        alternatives=alternatives,
        reasons=(*route.reasons, reason),
    )
