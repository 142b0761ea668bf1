"""The audit: who changed what, who may see it, and what never stands in it."""

from dataclasses import replace

import pytest

from agent import recognise
from agent.clients.operations import new_client
from agent.clients.shelf_operations import archive_client, rename_client
from agent.ctx import Caller, Role, Via
from agent.errors import BadInput, Forbidden
from agent.identity.audit_operations import show_audit, show_privacy
from agent.identity.audit_schemas import AuditLine, AuditLog
from agent.identity.history import History, Itself
from agent.ports import Change, Who
from bot import render
from tests.agent.clients.making import add, edit
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run

AS_ADMIN = replace(AS_ANA, role=Role.ADMIN)
AS_VIEWER = replace(AS_BOB, role=Role.VIEWER)
KEY = "sk-ant-api03-" + "Ab1" * 12
HISTORY = History(recognise.redact)


async def record(
    world: World, who: Caller, *changes: Change, action: str, by: Who | None = None
) -> None:
    async with world.tenant(who) as session:
        await HISTORY.record(session, by or who, action=action, changes=changes)


async def lines(world: World, caller: Caller, **asked: object) -> list[AuditLine]:
    log: AuditLog = await world.call(show_audit, caller, **asked)
    return log.lines


async def test_who_changed_our_price_is_told_with_old_and_new_and_where(
    world: World,
) -> None:
    acme, beacon = await add(world, "Acme", "Beacon")
    from_web = replace(
        AS_BOB, channel="web", address="203.0.113.9", user_agent="Firefox"
    )
    await edit(world, acme, "price", "49 a month")
    await edit(world, acme, "price", "59 a month", caller=from_web)
    await edit(world, beacon, "price", "1")
    await edit(world, acme, "voice", "calm")
    here = replace(AS_ANA, client_id=acme)
    newest, first = await lines(world, here, about="price")
    assert (newest.who, newest.channel, newest.address) == (
        ("Bob", "web", "203.0.113.9")
    )
    assert (newest.action, newest.label) == ("clients.edit", "Acme")
    [change] = newest.changes
    assert (change.field, change.before, change.after) == (
        ("offer.price", "49 a month", "59 a month")
    )
    assert (first.who, first.changes[0].before) == ("you", None)


async def test_a_brand_is_found_by_the_name_it_has_or_had(world: World) -> None:
    acme, beacon = await add(world, "Acme", "Beacon")
    await edit(world, acme, "voice", "calm")
    await edit(world, beacon, "voice", "loud")
    await world.call(rename_client, AS_ANA, name="Acme", to="Zeta")
    for name in ("acme", "Zeta"):
        [line] = await lines(world, AS_ANA, about="voice", name=name)
        assert line.changes[0].after == "calm"
    assert await lines(world, AS_ANA, about="voice", name="Nobody") == []


async def test_it_is_filtered_by_who_and_since(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", "calm", caller=AS_BOB)
    assert {line.who for line in await lines(world, AS_ANA, who="bo")} == {"Bob"}
    await run(world.owner, "UPDATE events SET occurred_at = '2026-11-01T00:00Z'")
    assert await lines(world, AS_ANA, since="yesterday") == []
    assert len(await lines(world, AS_ANA, since="2026-11-01")) == 2
    with pytest.raises(BadInput, match="no day I know"):
        await lines(world, AS_ANA, since="whenever")


async def test_it_comes_in_pages_newest_first(world: World) -> None:
    await add(world, *(f"Brand {n}" for n in range(5)))
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = await world.call(show_audit, AS_ANA, limit=2, cursor=cursor)
        seen += [line.label for line in page.lines]
        cursor = page.next_cursor
    assert seen == [f"Brand {n}" for n in (4, 3, 2, 1, 0)]
    assert cursor == ""


async def test_a_member_sees_what_concerns_themselves_and_the_brands(
    world: World,
) -> None:
    await add(world, "Acme")
    role = Change("member", str(AS_BOB.user_id), {"role": "viewer"}, {"role": "member"})
    other = Change("member", str(AS_ANA.user_id), {"role": "admin"}, {"role": "owner"})
    await record(world, AS_ANA, role, other, action="identity.set_role")
    seen = await lines(world, AS_BOB)
    assert [(line.subject, line.who) for line in seen] == [
        ("member", "Ana"),
        ("client", "Ana"),
    ]
    assert len(await lines(world, AS_ADMIN)) == 3
    with pytest.raises(Forbidden):
        await lines(world, AS_VIEWER)


async def test_only_admins_and_oneself_see_the_address(world: World) -> None:
    placed = replace(AS_ANA, address="203.0.113.9")
    await world.call(new_client, placed, name="Acme")
    assert [line.address for line in await lines(world, AS_BOB)] == [""]
    assert [line.address for line in await lines(world, AS_ADMIN)] == ["203.0.113.9"]


async def test_another_workspace_sees_nothing(world: World) -> None:
    await add(world, "Acme")
    assert await lines(world, AS_EVE) == []


async def test_private_words_are_shown_to_nobody_else(world: World) -> None:
    said = Change("feedback", "7", {"reason": "fine"}, {"reason": "my secret plan"})
    await record(world, AS_BOB, said, action="runs.explain")
    [theirs] = await lines(world, AS_ANA)
    assert theirs.is_private
    assert (theirs.changes[0].field, theirs.changes[0].after) == ("reason", None)
    assert "secret plan" not in theirs.model_dump_json()
    log = await world.call(show_audit, AS_ANA)
    assert "secret plan" not in render.result(log).text
    [mine] = await lines(world, AS_BOB)
    assert mine.changes[0].after == "my secret plan"


async def test_a_key_never_reaches_the_history(world: World) -> None:
    [acme] = await add(world, "Acme")
    await edit(world, acme, "voice", f"calm {KEY}")
    nested = {"note": [KEY, {"inside": KEY}], "plain": f"-{KEY}-"}
    told = Change("client", str(acme), {"a": KEY}, nested, label=f"Acme {KEY}")
    await record(world, AS_ANA, told, action="clients.edit")
    kept = await run(
        world.owner,
        """SELECT concat(before, after, metadata, data) AS kept FROM events
           WHERE category = 'audit'""",
    )
    assert len(kept) == 3
    assert not [row.kept for row in kept if KEY in row.kept]
    assert KEY not in str(await lines(world, AS_ANA))


async def test_who_acted_for_whom_is_told(world: World) -> None:
    await world.call(new_client, replace(AS_ANA, via=Via.MODEL), name="Acme")
    await world.call(new_client, replace(AS_ANA, via=Via.OPERATOR), name="Beacon")
    seen = await lines(world, AS_ADMIN)
    assert [(line.who, line.channel) for line in seen] == [
        ("whoever runs this installation", "cli"),
        ("the assistant, for you", "telegram"),
    ]


async def test_what_nobody_asked_for_is_told_with_its_values(world: World) -> None:
    here = Itself(AS_ANA.workspace_id)
    change = Change("test", "7", {"status": "running"}, {"status": "stopped"})
    await record(world, AS_ANA, change, action="test.stopped", by=here)
    [line] = await lines(world, AS_ADMIN)
    assert (line.who, line.channel, line.is_private) == ("I myself", "", False)
    assert line.changes[0].after == "stopped"
    actor = "SELECT actor_id IS NULL AND actor_type = 'system' FROM events"
    assert await one(world.owner, actor)


async def test_who_saw_my_data_is_told_to_me_alone(world: World) -> None:
    mine = Change(
        "account", str(AS_BOB.user_id), after={"exported": 3}, category="privacy"
    )
    await record(world, AS_ANA, mine, action="privacy.export")
    log = await world.call(show_privacy, AS_VIEWER)
    [line] = log.lines
    assert (line.who, line.action) == ("Ana", "privacy.export")
    assert (await world.call(show_privacy, AS_EVE)).lines == []
    assert (await world.call(show_privacy, AS_ANA)).lines == []


async def refuse(world: World, who: Caller, operation: str) -> bool:
    async with world.tenant(who) as session:
        return await HISTORY.refused(
            session, who, operation=operation, reason=f"no {KEY}"
        )


async def test_what_was_refused_is_a_line_once_a_minute(world: World) -> None:
    assert await refuse(world, AS_BOB, "clients.archive")
    # Unless the minute ended just now.
    again = [await refuse(world, AS_BOB, "clients.archive") for _ in range(5)]
    assert sum(again) <= 1
    assert await refuse(world, AS_BOB, "clients.rename")
    assert await refuse(world, AS_ANA, "clients.archive")
    seen = await lines(world, AS_ADMIN)
    assert {(line.who, line.action) for line in seen} == {
        ("you", "refused: clients.archive"),
        ("Bob", "refused: clients.rename"),
        ("Bob", "refused: clients.archive"),
    }
    assert KEY not in str(await run(world.owner, "SELECT data FROM events"))


async def test_a_refused_call_names_itself(world: World) -> None:
    with pytest.raises(Forbidden) as refused:
        await world.call(archive_client, AS_VIEWER, name="Acme")
    assert refused.value.operation == "clients.archive"
    assert await one(world.owner, "SELECT count(*) FROM events") == 0


async def test_a_log_is_worded_with_names_that_cannot_act(world: World) -> None:
    await world.call(new_client, AS_ANA, name="[x](http://evil) <!channel> **b**")
    log = await world.call(show_audit, AS_ANA)
    text = render.result(log).text
    assert "](http" not in text
    assert "**b**" not in text
    assert "you from telegram: `clients.new`" in text
