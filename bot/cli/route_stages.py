"""What ``draper route --explain`` shows: every stage of one decision."""

from collections.abc import Iterator

from bot.ranking.background import shortened
from bot.router import CANDIDATES, SURE, Route, Router


def stages(router: Router, text: str) -> Iterator[str]:
    """The lines that say how ``text`` finds its skill."""
    route = router.route(text)
    seen = router.look(text)
    yield f"message     {shortened(text)}"
    yield f"decision    {route.skill} ({route.method}, confidence {route.confidence})"
    if route.alternatives:
        yield f"otherwise   {', '.join(route.alternatives)}"
    yield from _listed("phrases", seen.phrases or ("none found",))
    yield from _listed("likeness", seen.views or ("not looked at",))
    if route.scores:
        yield f"together    {_shares(route)}"
        yield f"margin      {_margin(route):.3f}"
    yield from _listed("reasons", route.reasons)
    yield f"model       {_model(route)}"


def _listed(title: str, lines: tuple[str, ...]) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield f"{title if at == 0 else '':<12}{line}"


def _shares(route: Route) -> str:
    return ", ".join(f"{skill} {share:.3f}" for skill, share in route.scores)


def _margin(route: Route) -> float:
    """How far the best stands before the next, in shares."""
    shares = [share for _, share in route.scores]
    return shares[0] - (shares[1] if len(shares) > 1 else 0.0)


def _model(route: Route) -> str:
    if not route.wants_model:
        return f"not asked: {route.confidence} is at least {SURE}, or words settle it"
    named = [skill for skill, _ in route.scores] or ["any skill"]
    return f"asked, if there is one, first about {', '.join(named[:CANDIDATES])}"
