import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.identity import codes
from agent.identity.codes import ALPHABET
from agent.identity.schemas import Grant
from db.tenancy import system
from tests.seeds import ACME, ANA

PEPPER = b"an installation's pepper"
GRANT = Grant(ANA, ACME, "owner", {"redirect": "/"})
MINUTES = timedelta(minutes=10)


async def issued(
    engine: AsyncEngine, purpose: str = "login", ttl: timedelta = MINUTES
) -> str:
    async with system(engine, "door") as session:
        return await codes.issue(
            session, purpose=purpose, ttl=ttl, grant=GRANT, pepper=PEPPER
        )


async def redeemed(
    engine: AsyncEngine, code: str, *, purpose: str = "login", pepper: bytes = PEPPER
) -> Grant | None:
    async with system(engine, "door") as session:
        return await codes.redeem(session, purpose=purpose, code=code, pepper=pepper)


def with_another_secret(code: str) -> str:
    last = "A" if code[-1] != "A" else "B"
    return code[:-1] + last


async def test_a_code_gives_back_what_it_stands_for_once(
    system_engine: AsyncEngine,
) -> None:
    code = await issued(system_engine)
    assert await redeemed(system_engine, code) == GRANT
    assert await redeemed(system_engine, code) is None


async def test_a_code_has_no_letters_that_look_alike(
    system_engine: AsyncEngine,
) -> None:
    assert not set("01IO") & set(ALPHABET)
    assert re.fullmatch(
        rf"([{ALPHABET}]{{5}}-){{2}}[{ALPHABET}]{{5}}", await issued(system_engine)
    )


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda c: f" {c[:4]} {c[4:]}\n"],
)
async def test_a_code_may_be_typed_carelessly(
    system_engine: AsyncEngine, typed: "type[str]"
) -> None:
    assert await redeemed(system_engine, typed(await issued(system_engine))) == GRANT


async def test_five_wrong_secrets_end_a_code(system_engine: AsyncEngine) -> None:
    code = await issued(system_engine)
    for _ in range(5):
        assert await redeemed(system_engine, with_another_secret(code)) is None
    assert await redeemed(system_engine, code) is None


async def test_four_wrong_secrets_do_not(system_engine: AsyncEngine) -> None:
    code = await issued(system_engine)
    for _ in range(4):
        assert await redeemed(system_engine, with_another_secret(code)) is None
    assert await redeemed(system_engine, code) == GRANT


async def test_a_code_dies_with_its_time(system_engine: AsyncEngine) -> None:
    code = await issued(system_engine, ttl=timedelta(seconds=-1))
    assert await redeemed(system_engine, code) is None


async def test_a_code_serves_its_purpose_and_its_installation_only(
    system_engine: AsyncEngine,
) -> None:
    code = await issued(system_engine, "pair")
    assert await redeemed(system_engine, code) is None
    assert await redeemed(system_engine, code, purpose="pair", pepper=b"x") is None
    assert await redeemed(system_engine, code, purpose="pair") == GRANT


async def test_of_two_who_bring_one_code_at_once_one_enters(
    system_engine: AsyncEngine,
) -> None:
    code = await issued(system_engine)
    got = await asyncio.gather(*(redeemed(system_engine, code) for _ in range(5)))
    assert [one for one in got if one] == [GRANT]


async def test_the_table_does_not_hold_the_secret(
    system_engine: AsyncEngine, owner_engine: AsyncEngine
) -> None:
    code = await issued(system_engine)
    async with owner_engine.connect() as connection:
        row = str((await connection.execute(text("SELECT * FROM link_codes"))).one())
    assert code[:5] in row
    assert code[6:11] not in row
    assert code[12:] not in row


@pytest.mark.parametrize("code", ["", "hello", "O" * 15, "é" * 15, "2" * 16, "'; --"])
async def test_what_is_no_code_is_refused_without_a_look(code: str) -> None:
    nowhere = None  # a session would be touched, and there is none
    found = await codes.redeem(
        nowhere,  # type: ignore[arg-type]
        purpose="login",
        code=code,
        pepper=PEPPER,
    )
    assert found is None
