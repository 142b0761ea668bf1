"""Sealed values: what opens, where, and what never does."""

import asyncio
import base64
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.errors import BadInput
from agent.vault import keys
from agent.vault.keys import CannotOpen, InstallationKey, Sealed, Spot
from db.tenancy import system
from tests.db.asking import as_role, one, run
from tests.seeds import ACME, RIVAL

OURS = InstallationKey(bytes(range(32)))
THEIRS = InstallationKey(bytes(32))
SPOT = Spot(ACME, "connections", UUID(int=1), "token")
SECRET = b"xoxb-secret"


async def seal(
    engine: AsyncEngine, secret: bytes = SECRET, spot: Spot = SPOT
) -> Sealed:
    async with system(engine, "vault") as session:
        return await keys.seal(session, OURS, spot, secret)


async def opened(
    engine: AsyncEngine,
    sealed: Sealed,
    spot: Spot = SPOT,
    key: InstallationKey = OURS,
) -> bytes:
    async with system(engine, "vault") as session:
        return await keys.open_sealed(session, key, spot, sealed)


async def test_what_is_sealed_opens_again_and_tells_nothing(
    system_engine: AsyncEngine,
) -> None:
    first, second = await seal(system_engine), await seal(system_engine)
    assert SECRET not in first.ciphertext
    assert (first.ciphertext, first.nonce) != (second.ciphertext, second.nonce)
    assert first.key_id == second.key_id
    assert await opened(system_engine, first) == SECRET
    assert await opened(system_engine, second) == SECRET


async def test_nothing_at_all_can_be_sealed(system_engine: AsyncEngine) -> None:
    assert await opened(system_engine, await seal(system_engine, b"")) == b""


async def test_a_sealed_value_opens_in_its_own_place_only(
    system_engine: AsyncEngine,
) -> None:
    sealed = await seal(system_engine)
    await seal(system_engine, spot=replace(SPOT, workspace_id=RIVAL))
    for elsewhere in (
        replace(SPOT, row=UUID(int=2)),
        replace(SPOT, column="refresh_token"),
        replace(SPOT, table="webhooks"),
        replace(SPOT, workspace_id=RIVAL),
    ):
        with pytest.raises(CannotOpen):
            await opened(system_engine, sealed, elsewhere)
    assert await opened(system_engine, sealed) == SECRET


async def test_a_changed_value_does_not_open(system_engine: AsyncEngine) -> None:
    sealed = await seal(system_engine)
    flipped = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]
    for changed in (
        replace(sealed, ciphertext=flipped),
        replace(sealed, ciphertext=sealed.ciphertext[:-1]),
        replace(sealed, ciphertext=b""),
        replace(sealed, nonce=bytes(12)),
        replace(sealed, nonce=b"short"),
    ):
        with pytest.raises(CannotOpen) as refused:
            await opened(system_engine, changed)
        assert refused.value.hint == "Enter it anew."


async def test_an_old_value_opens_after_the_key_was_rotated(
    system_engine: AsyncEngine,
) -> None:
    old = await seal(system_engine)
    async with system(system_engine, "vault") as session:
        kid = await keys.rotate(session, OURS, ACME)
    new = await seal(system_engine)
    assert new.key_id == kid != old.key_id
    assert await opened(system_engine, old) == SECRET
    assert await opened(system_engine, new) == SECRET


async def test_a_value_does_not_open_under_another_key_of_its_workspace(
    system_engine: AsyncEngine,
) -> None:
    old = await seal(system_engine)
    async with system(system_engine, "vault") as session:
        kid = await keys.rotate(session, OURS, ACME)
    with pytest.raises(CannotOpen):
        await opened(system_engine, replace(old, key_id=kid))


async def test_another_installation_s_key_opens_nothing(
    system_engine: AsyncEngine,
) -> None:
    sealed = await seal(system_engine)
    with pytest.raises(CannotOpen, match="key does not open") as refused:
        await opened(system_engine, sealed, key=THEIRS)
    assert "DRAPER_KEY" in refused.value.hint


async def test_a_wrapped_key_moved_to_another_workspace_opens_nothing(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    sealed = await seal(system_engine)
    await run(owner_engine, "UPDATE workspace_keys SET workspace_id = :w", w=RIVAL)
    with pytest.raises(CannotOpen):
        await opened(system_engine, sealed, replace(SPOT, workspace_id=RIVAL))


@pytest.mark.parametrize("left", [0, 7, 10, 30])
async def test_a_cut_wrapped_key_is_refused_like_a_wrong_one(left: int) -> None:
    wrapped = OURS.wrap(bytes(32), b"here")
    assert OURS.unwrap(wrapped, b"here") == bytes(32)
    with pytest.raises(CannotOpen):
        OURS.unwrap(wrapped[:left], b"here")


async def test_deleting_the_keys_shreds_what_they_sealed(
    system_engine: AsyncEngine,
) -> None:
    sealed = await seal(system_engine)
    await as_role(system_engine, "eraser", "DELETE FROM workspace_keys")
    with pytest.raises(CannotOpen, match="is gone"):
        await opened(system_engine, sealed)
    await seal(system_engine)  # a new key, which does not help
    with pytest.raises(CannotOpen, match="is gone"):
        await opened(system_engine, sealed)


async def test_all_who_race_to_the_first_use_share_one_key(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    sealed = await asyncio.gather(*(seal(system_engine) for _ in range(10)))
    assert len({one.key_id for one in sealed}) == 1
    assert await one(owner_engine, "SELECT count(*) FROM workspace_keys") == 1
    for each in sealed:
        assert await opened(system_engine, each) == SECRET


async def test_only_the_vault_reads_keys(
    system_engine: AsyncEngine, app_engine: AsyncEngine
) -> None:
    await seal(system_engine)
    with pytest.raises(Exception, match="permission denied"):
        await run(app_engine, "SELECT * FROM workspace_keys")


def test_the_installation_s_key_is_32_bytes_in_base64() -> None:
    text = base64.b64encode(bytes(range(32))).decode()
    assert InstallationKey.from_text(f" {text}\n").id == OURS.id
    with pytest.raises(BadInput, match="has 16 bytes, not 32"):
        InstallationKey.from_text(base64.b64encode(bytes(16)).decode())
    with pytest.raises(BadInput, match="not base64"):
        InstallationKey.from_text("no key, surely")
