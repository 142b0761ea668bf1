"""What the house asserts after each test: that nobody waits with a transaction open."""

import pytest

from agent.errors import NotFound
from tests.scenarios.house import House


async def test_who_asks_for_a_file_with_a_transaction_open_is_noticed(
    house: House,
) -> None:
    services = house.made.core.services
    async with services.as_role("door") as session:
        await session.connection()
        with pytest.raises(NotFound):
            await services.objects.get("nothing/here")
    noticed = [*house.store.hurried]
    house.store.hurried.clear()
    with pytest.raises(NotFound):
        await services.objects.get("nothing/there")
    assert (noticed, house.store.hurried) == (["get nothing/here"], [])
