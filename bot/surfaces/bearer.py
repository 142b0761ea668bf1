"""Who a program's request speaks for: an API key in the Authorization header.

Nowhere else: what stands in an address ends in logs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address

import structlog
from starlette.datastructures import Headers
from starlette.types import Scope

from agent.ctx import Caller, Role, Via
from agent.identity import keys, throttles
from agent.identity.keys import Dead, Holder, Left, Quotas, Window
from agent.ports import Change
from bot.services import Services
from bot.surfaces.problems import TooMany, Unknown

FIRST_USED, REFUSED = "identity.key_first_used", "identity.key_refused"
QUOTAS = Quotas()
TOLD_EVERY = timedelta(hours=1)
"""A dead key that is still used is written down once in this time."""
LONGEST_AGENT = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a request comes from."""

    address: str
    """An IP address; empty where none is known."""
    user_agent: str


def visit(scope: Scope, headers: Headers) -> Visit:
    """Read where a request comes from."""
    client = scope.get("client")
    agent = headers.get("user-agent", "")[:LONGEST_AGENT]
    return Visit(_address(client[0] if client else ""), agent)


async def admit(
    services: Services,
    headers: Headers,
    seen: Visit,
    via: Via,
    quotas: Quotas = QUOTAS,
) -> Holder:
    """The key's holder, as this request's caller; counts the request.

    Raises:
        Unknown: No live key came.
        TooMany: The address guesses.
    """
    given = _bearer(headers)
    found = await keys.admit(services.app, given, quotas.windows)
    if found is None:
        raise await _stranger(services, given, seen, quotas.misses)
    caller = replace(
        found.caller, via=via, address=seen.address, user_agent=seen.user_agent
    )
    if found.is_first:
        await _tell(services, caller, FIRST_USED, found.key_id, "first used")
    return replace(found, caller=caller)


def ensure_quota(quotas: Sequence[Left]) -> None:
    """Return when the request is within every quota.

    Raises:
        TooMany: It is one too many.
    """
    over = [one for one in quotas if one.is_over]
    if over:
        worst = max(over, key=lambda one: one.reset_s)
        raise TooMany(worst.window.name, worst.reset_s)


def quota_headers(quotas: Sequence[Left]) -> dict[str, str]:
    """What is left, as the client may read it.

    Source: draft-ietf-httpapi-ratelimit-headers-11
    """
    policies = (
        f'"{one.window.name}";q={one.window.limit}'
        f";w={int(one.window.window.total_seconds())}"
        for one in quotas
    )
    left = (f'"{one.window.name}";r={one.rest};t={one.reset_s}' for one in quotas)
    return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(left)}


async def _stranger(
    services: Services, given: str, seen: Visit, misses: Window
) -> Unknown | TooMany:
    who = f"api:miss:{seen.address}"
    async with services.as_role("door") as session:
        again = await throttles.allow(
            session, who, limit=misses.limit, window=misses.window
        )
        dead = await keys.find_dead(session, given) if again else None
        is_news = dead is not None and await throttles.allow(
            session, f"api:dead:{dead.key_id}", limit=1, window=TOLD_EVERY
        )
    log.info("api.refused", address=seen.address, why=dead.why if dead else "")
    if dead and is_news:
        await _tell(services, _former(dead, seen), REFUSED, dead.key_id, dead.why)
    if not again:
        return TooMany(misses.name, int(misses.window.total_seconds()))
    return Unknown()


async def _tell(
    services: Services, caller: Caller, what: str, key_id: object, why: str
) -> None:
    change = Change("api_key", str(key_id), None, {"what": why}, "secret")
    async with services.tenant(caller) as session:
        await services.audit.record(session, caller, action=what, changes=[change])


def _former(dead: Dead, seen: Visit) -> Caller:
    return Caller(
        workspace_id=dead.workspace_id,
        user_id=dead.user_id,
        role=Role.VIEWER,
        channel="api",
        address=seen.address,
        user_agent=seen.user_agent,
    )


def _bearer(headers: Headers) -> str:
    given = headers.getlist("authorization")
    scheme, _, key = (given[0] if len(given) == 1 else "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _address(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return ""
