"""Whether an Inngest server can be worked with: what ``draper doctor`` asks of it.

Each raises InngestError, which says what to do, when the server does not answer or
does not take our key.
"""

import contextlib
from datetime import timedelta

from agent.ports import Clock
from bot.durable.remote.api import Api
from bot.durable.remote.errors import Rejected
from bot.durable.remote.relay import new_seed
from bot.durable.remote.signature import AGE
from channels.contract import Health

SKEW = timedelta(minutes=1)
"""More than networks explain; at five minutes every call is refused."""


async def server(api: Api, app: str, clock: Clock) -> Health:
    """Whether the server answers, and takes the signing key."""
    began = clock.now()
    await api.meet(app)
    took_ms = (clock.now() - began) / timedelta(milliseconds=1)
    key = ", the signing key is accepted" if api.account.is_signed else ""
    return Health(ok=True, detail=f"{api.account.api}, {took_ms:.0f} ms{key}")


async def clocks(api: Api, app: str, clock: Clock) -> Health:
    """Whether the server's clock and ours agree well enough for signatures."""
    met = await api.meet(app)
    if met.at is None:
        return Health(ok=True, detail="the server does not say what time it is")
    apart = abs(met.at - clock.now())
    return Health(
        ok=apart <= SKEW,
        detail=f"{apart.total_seconds():.0f} s apart",
        hint="Let both machines keep time by NTP: calls that seem older than"
        f" {AGE.seconds // 60} minutes are refused.",
    )


async def functions(api: Api, app: str, _: Clock) -> Health:
    """Whether the server was told of our functions."""
    met = await api.meet(app)
    return Health(
        ok=bool(met.functions),
        detail=f"the server knows {', '.join(met.functions) or 'none'}",
        hint="Start `draper run web`: it tells the server. If it runs, see its log"
        " for inngest.not_registered.",
    )


async def event_key(api: Api, _: str, clock: Clock) -> Health:
    """Whether the event key is taken; no event is sent."""
    with contextlib.suppress(Rejected):  # past the key: it only misses events
        await api.post([], new_seed(clock))
    return Health(ok=True, detail="accepted")
