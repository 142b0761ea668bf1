"""Files as material: what of them a request brings along, to whom, and how long."""

from uuid import UUID

import pytest

from agent.clients import assets, clearing
from agent.clients.asset_operations import NotYourFile, delete_file, list_files
from agent.clients.assets import Arrived
from agent.ctx import Caller
from agent.files import limits
from agent.files.box import Examined
from agent.files.refusals import Unusable
from agent.files.sorts import PNG, TEXT
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World

KEY = "sk-ant-api03-" + "aB3dE6gH9jK2" * 8 + "-QWERTYAA"


async def kept(world: World, name: str, text: str, caller: Caller = AS_ANA) -> UUID:
    """Take in a file with this text."""
    key, body = f"assets/test/{name}-{len(world.files.kept)}", text.encode()
    arrived = Arrived(key, name, body)
    await assets.receive(world.files, arrived)
    found = Examined(f"{name}.txt", TEXT, text=text, facts="words")
    async with world.tenant(caller) as session:
        asset_id = await assets.quarantine(session, caller, arrived)
    await assets.keep(world.files, key, found, body)
    async with world.tenant(caller) as session:
        await assets.ready(session, key, found, body)
        assert asset_id is not None
        return asset_id


async def material(world: World, *ids: UUID, caller: Caller = AS_ANA) -> list[str]:
    async with world.tenant(caller) as session:
        return [one.text for one in await assets.material(session, ids)]


async def test_what_files_bring_along_is_bounded_together_and_cut_with_a_word(
    world: World,
) -> None:
    ids = [await kept(world, f"n{n}", f"{n}" * 50_000) for n in range(3)]
    alone, *_ = await material(world, ids[0])
    assert alone.startswith("0" * 40_000)
    found = await material(world, *ids)
    assert [text.count(str(n)) >= 20_000 for n, text in enumerate(found)] == [True] * 3
    assert all("[Cut here: the first 20,000 characters.]" in text for text in found)
    assert sum(map(len, found)) < assets.MATERIAL + 500


async def test_a_file_is_its_senders_and_gone_when_it_is_deleted(world: World) -> None:
    diary = await kept(world, "diary", "Dear diary")
    assert await material(world, diary) == ["Dear diary"]
    assert await material(world, diary, caller=AS_BOB) == []
    assert await material(world, diary, caller=AS_EVE) == []
    async with world.ctx(AS_ANA) as ctx:
        await delete_file.run(ctx, delete_file.params(name="DIARY.txt"))
        assert not (await list_files.run(ctx, list_files.params())).lines
    assert await material(world, diary) == []
    assert len(world.files.kept) == 2
    cleared = await clearing.clear(lambda: world.house.as_role("eraser"), world.files)
    assert (cleared, len(world.files.kept)) == (1, 0)


async def test_a_colleagues_file_is_deleted_by_them_or_an_admin(world: World) -> None:
    ana = await world.settled(AS_ANA, chat="c", kind="channel")
    bob = await world.settled(AS_BOB, chat="c", kind="channel")
    shared = await kept(world, "offer", "Tea", ana)
    assert await material(world, shared, caller=bob) == ["Tea"]
    async with world.ctx(bob) as ctx:
        with pytest.raises(NotYourFile):
            await delete_file.run(ctx, delete_file.params(name="offer.txt"))
    his = await kept(world, "list", "Milk", bob)
    for caller, name in ((bob, "list.txt"), (ana, "offer.txt")):
        async with world.ctx(caller) as ctx:
            await delete_file.run(ctx, delete_file.params(name=name))
    assert await material(world, shared, his, caller=ana) == []
    again = await kept(world, "list", "Milk", bob)
    async with world.ctx(ana) as ctx:
        await delete_file.run(ctx, delete_file.params(name="list.txt"))
    assert await material(world, again, caller=bob) == []


async def test_two_files_of_one_name_have_two_names(world: World) -> None:
    for _ in range(3):
        await kept(world, "100%_offer", "tea")
    async with world.ctx(AS_ANA) as ctx:
        listed = await list_files.run(ctx, list_files.params())
    names = [line.name for line in listed.lines]
    assert names == ["100%_offer-3.txt", "100%_offer-2.txt", "100%_offer.txt"]


async def test_a_key_in_a_file_goes_no_further(world: World) -> None:
    asset_id = await kept(world, "env", f"the key is {KEY} as agreed")
    [text] = await material(world, asset_id)
    assert KEY not in text
    assert text.endswith("as agreed")
    texts = [body for key, body in world.files.kept.items() if key.endswith(".txt")]
    assert KEY.encode() not in b"".join(texts)


async def test_a_picture_is_material_by_its_view_alone(world: World) -> None:
    found = Examined("tea.png", PNG, width=3, height=2, clean=b"clean", view=b"small")
    arrived = Arrived("assets/test/p", "tea.png", b"with its place and camera")
    await assets.receive(world.files, arrived)
    await assets.keep(world.files, "assets/test/p", found, arrived.body)
    async with world.tenant(AS_ANA) as session:
        asset_id = await assets.quarantine(session, AS_ANA, arrived)
        assert asset_id is not None
        await assets.ready(session, "assets/test/p", found, arrived.body)
        keys = await assets.views(session, [asset_id])
    assert [world.files.kept[key] for key in keys] == [b"small"]
    assert sorted(world.files.kept.values()) == [b"clean", b"small"]


async def test_what_one_person_sends_in_a_day_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DAY_FILES", 2)
    monkeypatch.setattr(limits, "DAY_BYTES", 100)

    async def takes(size_bytes: int, caller: Caller = AS_ANA) -> bool:
        try:
            async with world.tenant(caller) as session:
                await assets.ensure_room(session, caller, size_bytes)
        except Unusable:
            return False
        return True

    await kept(world, "one", "x" * 60)
    assert (await takes(40), await takes(41)) == (True, False)
    assert await takes(41, AS_BOB), "everybody has their own"
    await kept(world, "two", "x")
    assert not await takes(1)
