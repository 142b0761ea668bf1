"""Keys of others: what is kept of them, who may use them, and what is told."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from agent.ctx import Role, Via
from agent.errors import BadInput, Forbidden, NeedsApproval
from agent.ports import Tried
from agent.vault import connections, keys, operations, pasted_operations
from agent.vault.errors import HalfAKey, NoSuchKey, PastedGone
from agent.vault.schemas import KeepKey
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.seeds import ACME

KEY = "sk-ant-api03-" + "aB3" * 12 + "x4f2"
OTHER = "sk-ant-api03-" + "zY9" * 12 + "k7m8"


class Tries:
    """Tries keys out as it is told, and remembers which."""

    def __init__(self, outcome: Tried = "ok") -> None:
        self.outcome = outcome
        self.seen: list[tuple[str, str]] = []

    async def trial(self, provider: str, secret: str) -> Tried:
        self.seen.append((provider, secret))
        return self.outcome


@pytest.fixture
def tries(world: World) -> Tries:
    world.trials = Tries()
    return world.trials


async def used(world: World, provider: str = "anthropic") -> str | None:
    """The key that a call of ACME's would be made with."""
    house = world.house
    async with house.as_role("vault") as session:
        return await connections.secret_of(session, house.key, ACME, provider)


async def secret_events(world: World) -> list[tuple[str, Any]]:
    rows = await run(
        world.owner,
        "SELECT type, after FROM events WHERE category = 'secret' ORDER BY version",
    )
    return [(str(row.type), row.after) for row in rows]


async def keep(world: World, secret: str = KEY, provider: str = "anthropic") -> Any:
    raw = {"provider": provider, "secret": secret}
    return await world.call(operations.keep, AS_ANA, **raw)


async def test_a_kept_key_is_sealed_tried_once_and_used(
    world: World, tries: Tries
) -> None:
    kept = await keep(world)
    assert (kept.hint, kept.tried, kept.is_kept) == ("x4f2", "ok", True)
    assert tries.seen == [("anthropic", KEY)]
    assert await used(world) == KEY
    row = await run(world.owner, "SELECT * FROM connections")
    assert KEY not in str(row)
    assert KEY.encode() not in b"".join(v for v in row[0] if isinstance(v, bytes))


async def test_a_key_may_be_broken_by_blanks(world: World, tries: Tries) -> None:
    await keep(world, f" {KEY[:20]}\n {KEY[20:]} ")
    assert await used(world) == KEY


async def test_a_refused_key_does_not_take_the_place_of_a_good_one(
    world: World, tries: Tries
) -> None:
    await keep(world)
    tries.outcome = "refused"
    kept = await keep(world, OTHER)
    assert not kept.is_kept
    assert await used(world) == KEY


@pytest.mark.parametrize("outcome", ["no_credit", "limited", "unreachable", "untested"])
async def test_what_says_nothing_against_the_key_keeps_it(
    world: World, tries: Tries, outcome: Tried
) -> None:
    tries.outcome = outcome
    assert (await keep(world)).tried == outcome
    assert await used(world) == KEY
    status = await one(world.owner, "SELECT status FROM connections")
    assert status == ("error" if outcome == "no_credit" else "active")


@pytest.mark.parametrize(
    ("provider", "secret"),
    [
        ("anthropic", KEY[:16]),
        ("anthropic", "not a key at all, surely"),
        ("openai", KEY),
        ("anthropic", f"{KEY}\n{OTHER} "),
        ("mistral", KEY),
    ],
)
async def test_half_a_key_or_somebody_else_s_is_refused(
    world: World, tries: Tries, provider: str, secret: str
) -> None:
    with pytest.raises(HalfAKey) as refused:
        await keep(world, secret, provider)
    assert refused.value.field == "secret"
    assert not tries.seen
    assert await used(world, provider) is None


async def test_a_second_key_takes_the_first_one_s_place(
    world: World, tries: Tries
) -> None:
    assert not (await keep(world)).replaced
    assert (await keep(world, OTHER)).replaced
    assert await used(world) == OTHER
    assert await one(world.owner, "SELECT count(*) FROM connections") == 1


async def test_every_change_and_the_first_use_of_an_hour_are_in_the_history(
    world: World, tries: Tries
) -> None:
    await keep(world)
    for _ in range(3):
        await used(world)
    await world.call(operations.test, AS_ANA, provider="anthropic")
    await keep(world, OTHER)
    told = await secret_events(world)
    assert [kind for kind, _ in told] == [
        "vault.keep",
        "secret.used",
        "vault.test",
        "vault.keep",
    ]
    assert told[0][1] == {"provider": "anthropic", "hint": "x4f2", "tested": "ok"}
    assert KEY not in str(told)


async def test_the_list_tells_keys_apart_and_tells_no_key(
    world: World, tries: Tries
) -> None:
    await keep(world)
    await keep(world, "Mistral0123456789abcdefABCDEF99", "mistral")
    shown = await world.call(operations.list_keys, AS_ANA)
    assert [(k.provider, k.hint, k.status) for k in shown.keys] == [
        ("anthropic", "x4f2", "active"),
        ("mistral", "EF99", "active"),
    ]
    theirs = await world.call(operations.list_keys, AS_EVE)
    assert theirs.keys == []


async def test_a_key_is_nobody_else_s(world: World, tries: Tries) -> None:
    await keep(world)
    with pytest.raises(NoSuchKey):
        await world.call(operations.test, AS_EVE, provider="anthropic")
    with pytest.raises(NoSuchKey):
        await world.call(operations.rotate, AS_EVE, provider="anthropic", secret=OTHER)
    house = world.house
    async with house.as_role("vault") as session:
        other = AS_EVE.workspace_id
        found = await connections.secret_of(session, house.key, other, "anthropic")
    assert found is None


async def test_only_admins_touch_keys(world: World, tries: Tries) -> None:
    with pytest.raises(Forbidden):
        await world.call(operations.keep, AS_BOB, provider="anthropic", secret=KEY)
    with pytest.raises(Forbidden):
        await world.call(operations.list_keys, AS_BOB)
    admin = replace(AS_BOB, role=Role.ADMIN)
    await world.call(operations.keep, admin, provider="anthropic", secret=KEY)
    with pytest.raises(Forbidden):
        await world.call(operations.rotate_workspace_key, admin)


async def test_removing_a_key_needs_one_more_yes(world: World, tries: Tries) -> None:
    await keep(world)
    for caller in (AS_ANA, replace(AS_ANA, via=Via.MODEL)):
        with pytest.raises(NeedsApproval):
            await world.call(operations.remove, caller, provider="anthropic")
    assert await used(world) == KEY


async def test_a_key_that_is_not_there_cannot_be_replaced(
    world: World, tries: Tries
) -> None:
    with pytest.raises(NoSuchKey, match="No key of OpenAI"):
        await world.call(
            operations.rotate, AS_ANA, provider="openai", secret="sk-" + "a1" * 20
        )


async def test_after_a_rotation_all_is_sealed_anew_and_old_keys_go(
    world: World, tries: Tries
) -> None:
    await keep(world)
    before = await one(world.owner, "SELECT key_id FROM connections")
    done = await world.call(operations.rotate_workspace_key, AS_ANA)
    assert done.resealed == 1
    assert await one(world.owner, "SELECT key_id FROM connections") != before
    assert await used(world) == KEY
    async with world.house.as_role("vault") as session:
        assert await connections.drop_spent(session, 10) == 1
    assert await used(world) == KEY
    assert await one(world.owner, "SELECT count(*) FROM workspace_keys") == 1


async def test_what_was_sealed_during_a_rotation_is_resealed_by_the_sweep(
    world: World, tries: Tries
) -> None:
    await keep(world)
    house = world.house
    async with house.as_role("vault") as session:
        await keys.rotate(session, house.key, ACME)
    async with house.as_role("vault") as session:
        assert await connections.drop_spent(session, 10) == 0
        assert await connections.reseal_left(session, 10, installation=house.key) == 1
        assert await connections.drop_spent(session, 10) == 1
    assert await used(world) == KEY


async def test_what_no_longer_opens_hinders_nobody_s_rotation(
    world: World, tries: Tries
) -> None:
    await keep(world)
    await run(world.owner, "UPDATE connections SET secret_ciphertext = 'broken'")
    await keep(world, "Mistral0123456789abcdefABCDEF99", "mistral")
    done = await world.call(operations.rotate_workspace_key, AS_ANA)
    assert done.resealed == 1
    assert await used(world, "mistral") is not None


async def aside(world: World, provider: str = "anthropic", secret: str = KEY) -> UUID:
    async with world.ctx(AS_ANA) as ctx:
        return await pasted_operations.set_aside(ctx, provider, secret)


async def test_a_pasted_key_serves_nobody_until_it_is_stored(
    world: World, tries: Tries
) -> None:
    pasted = await aside(world)
    assert await used(world) is None
    assert (await world.call(operations.list_keys, AS_ANA)).keys == []
    await world.call(pasted_operations.store_pasted, AS_ANA, connection_id=pasted)
    assert await used(world) == KEY
    assert await one(world.owner, "SELECT count(*) FROM connections") == 1
    with pytest.raises(PastedGone):
        await world.call(pasted_operations.store_pasted, AS_ANA, connection_id=pasted)


async def test_a_key_nobody_knows_needs_a_name(world: World, tries: Tries) -> None:
    pasted = await aside(world, "", "Mistral0123456789abcdefABCDEF99")
    with pytest.raises(BadInput, match="Whose key"):
        await world.call(pasted_operations.store_pasted, AS_ANA, connection_id=pasted)
    await world.call(
        pasted_operations.store_pasted, AS_ANA, connection_id=pasted, provider="mistral"
    )
    assert await used(world, "mistral") == "Mistral0123456789abcdefABCDEF99"


async def test_a_pasted_key_is_forgotten_on_a_press_or_after_an_hour(
    world: World, tries: Tries
) -> None:
    pasted = await aside(world)
    await world.call(pasted_operations.drop_pasted, AS_ANA, connection_id=pasted)
    assert await one(world.owner, "SELECT count(*) FROM connections") == 0
    pasted = await aside(world)
    await run(
        world.owner, "UPDATE connections SET created_at = now() - interval '61 min'"
    )
    with pytest.raises(PastedGone):
        await world.call(pasted_operations.store_pasted, AS_ANA, connection_id=pasted)
    async with world.house.as_role("vault") as session:
        assert await connections.wipe_pasted(session, 10) == 1
    left = await one(world.owner, "SELECT secret_ciphertext FROM connections")
    assert left is None


async def test_a_stranger_s_workspace_cannot_store_what_was_pasted_here(
    world: World, tries: Tries
) -> None:
    pasted = await aside(world)
    with pytest.raises(PastedGone):
        await world.call(pasted_operations.store_pasted, AS_EVE, connection_id=pasted)


def test_no_error_and_no_print_shows_a_secret() -> None:
    with pytest.raises(ValidationError) as refused:
        KeepKey.model_validate({"provider": "nobody", "secret": KEY[:9]})
    assert KEY[:9] not in str(refused.value)
    kept = KeepKey(provider="anthropic", secret=SecretStr(KEY))
    assert KEY not in repr(kept) + str(kept.model_dump(mode="json"))
    opened = connections.Opened(UUID(int=1), "anthropic", KEY, is_fresh=True)
    assert KEY not in f"{opened} {opened!r}"
