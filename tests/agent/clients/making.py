"""Short ways to brands in a test."""

from typing import Any
from uuid import UUID

from agent.clients import brands
from agent.clients.mentions import Found, found
from agent.clients.operations import edit_client, new_client
from agent.ctx import Caller
from tests.agent.world import AS_ANA, World


async def add(world: World, *names: str, caller: Caller = AS_ANA) -> list[UUID]:
    """Brands of these names; their ids."""
    made = [await world.call(new_client, caller, name=name) for name in names]
    return [chosen.client_id for chosen in made]


async def picked(world: World, name: str) -> str:
    """The brand that a name means."""
    async with world.tenant(AS_ANA) as session:
        return (await brands.pick(session, name))[1]


async def learn(world: World, client_id: UUID, **answers: str) -> None:
    """Answers of an interview."""
    async with world.ctx(AS_ANA) as ctx:
        await brands.learn(ctx, client_id, answers)


async def edit(world: World, client_id: UUID, part: str, text: str, **more: Any) -> Any:
    """One part told anew."""
    caller = more.pop("caller", AS_ANA)
    values = {"client_id": str(client_id), "part": part, "text": text, **more}
    return await world.call(edit_client, caller, **values)


async def named(world: World, text: str, **more: Any) -> Found:
    """What a text says about whom it is for."""
    async with world.tenant(more.pop("caller", AS_ANA)) as session:
        return await found(session, text, **more)


async def names(world: World, text: str) -> list[str]:
    """The brands a text may mean."""
    return [brand.name for brand in (await named(world, text)).fits]
