"""API keys: shown once, kept as a fingerprint, ended at once, never in a group."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy.exc import DBAPIError

from agent.ctx import Caller
from agent.errors import BadInput, Forbidden
from agent.identity import keys
from agent.identity.key_operations import NoSuchKey, list_keys, new_key, revoke_key
from agent.memory.conversations import redact
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, World
from tests.db.asking import one, run
from tests.seeds import ACME


async def test_a_key_is_kept_as_its_fingerprint_only(world: World) -> None:
    made = await world.call(new_key, AS_ANA, name="Zapier", scopes="read runs:spend")
    assert re.fullmatch(r"dk_[0-9a-f]{12}_[A-Za-z0-9]{40}", made.key)
    assert made.scopes == ["read", "runs:spend"]
    assert made.key not in repr(made)
    kept = await one(world.owner, "SELECT token_hash FROM access_tokens")
    assert bytes(kept) == sha256(made.key.encode()).digest()
    for table in ("access_tokens", "events"):
        whole = f"SELECT string_agg(t::text, '') FROM {table} t"  # noqa: S608 - ours
        row = await one(world.owner, whole)
        assert made.key not in row
        assert made.key.rpartition("_")[2] not in row


async def test_making_and_ending_a_key_is_written_down_as_secret(world: World) -> None:
    made = await world.call(new_key, AS_ANA, name="Zapier")
    await world.call(revoke_key, AS_ANA, name="zapier")
    told = await run(
        world.owner,
        "SELECT type, category, stream_id, before->>'name', after->>'name'"
        " FROM events ORDER BY id",
    )
    key_id = str(made.key_id)
    assert [tuple(row) for row in told] == [
        ("identity.new_key", "secret", key_id, None, "Zapier"),
        ("identity.revoke_key", "secret", key_id, "Zapier", None),
    ]


async def test_a_key_lives_ninety_days_unless_told_otherwise(world: World) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the database has its own clock
    usual = await world.call(new_key, AS_ANA, name="a")
    chosen = await world.call(new_key, AS_ANA, name="b", days=365)
    assert abs(usual.expires_at - now - timedelta(days=90)) < timedelta(minutes=1)
    assert abs(chosen.expires_at - now - timedelta(days=365)) < timedelta(minutes=1)
    for days in (0, 366, -1):
        with pytest.raises(BadInput):
            await world.call(new_key, AS_ANA, name="c", days=days)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("*", ["*"]),
        ("", ["*"]),
        ("READ", ["read"]),
        ("read, write  read", ["read", "write"]),
        ("clients:*,runs:read", ["clients:*", "runs:read"]),
    ],
)
def test_scopes_are_read_as_people_write_them(given: str, found: list[str]) -> None:
    assert keys.scopes(given) == found


@pytest.mark.parametrize(
    "given", ["all", "clients", "clients:", "*:read", "runs:delete", "Ä:read", "a:*"]
)
def test_a_scope_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadInput, match="is none"):
        keys.scopes(given)


async def test_each_sees_and_ends_their_own(world: World) -> None:
    made = await world.call(new_key, AS_ANA, name="Zapier")
    assert [k.name for k in (await world.call(list_keys, AS_ANA)).lines] == ["Zapier"]
    elsewhere = Caller(AS_EVE.workspace_id, AS_ANA.user_id, AS_ANA.role)
    for other in (AS_BOB, AS_EVE, elsewhere):
        assert (await world.call(list_keys, other)).lines == []
        for wanted in ({"key_id": made.key_id}, {"name": "Zapier"}):
            with pytest.raises(NoSuchKey):
                await world.call(revoke_key, other, **wanted)
    ended = "SELECT revoked_at FROM access_tokens"
    assert await one(world.owner, ended) is None
    await world.call(revoke_key, AS_ANA, name=made.key[:15])
    assert await one(world.owner, ended) is not None
    assert (await world.call(list_keys, AS_ANA)).lines == []


async def test_of_two_keys_of_a_name_none_is_ended_by_it(world: World) -> None:
    for _ in range(2):
        await world.call(new_key, AS_ANA, name="Zapier")
    with pytest.raises(NoSuchKey, match="More than one"):
        await world.call(revoke_key, AS_ANA, name="Zapier")
    with pytest.raises(NoSuchKey):
        await world.call(revoke_key, AS_ANA)


async def test_no_key_is_shown_where_others_read_along(world: World) -> None:
    group = await world.settled(AS_ANA, "-100", kind="group")
    with pytest.raises(Forbidden, match="Others could read"):
        await world.call(new_key, group, name="Zapier")
    private = await world.settled(AS_ANA, "1")
    assert (await world.call(new_key, private, name="Zapier")).key


async def test_a_key_cannot_make_keys(world: World) -> None:
    by_key = Caller(ACME, AS_ANA.user_id, AS_ANA.role, scopes=frozenset({"*"}))
    with pytest.raises(Forbidden):
        await world.call(new_key, by_key, name="more")


def test_our_own_keys_are_told_from_words_and_taken_out() -> None:
    key = keys.fresh().key
    assert redact(f"use {key}, please") == "use [key removed], please"
    assert redact(f"use {key[:30]}") == "use [key removed]"


def test_no_two_keys_are_alike() -> None:
    made = {keys.fresh().key for _ in range(200)}
    assert len(made) == 200
    assert len({key[:15] for key in made}) == 200


@pytest.mark.parametrize("change", ["x", "dk_", "-", " "])
async def test_nearly_a_key_opens_nothing(world: World, change: str) -> None:
    made = await world.call(new_key, AS_ANA, name="Zapier")
    key = made.key
    for wrong in (change + key, key + change + "a", key[:-1], key.upper(), key[:15]):
        assert await keys.admit(world.app, wrong, keys.Quotas().windows) is None
    assert await keys.admit(world.app, key, keys.Quotas().windows)


async def test_the_app_may_not_touch_what_a_key_is(world: World) -> None:
    await world.call(new_key, AS_ANA, name="Zapier")
    for change in ("token_hash = 'x'", "scopes = '{*}'", "expires_at = 'infinity'"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.tenant(AS_ANA) as session:
                await run(session, f"UPDATE access_tokens SET {change}")  # noqa: S608 - ours
