"""A model that obeys whatever it reads does nothing that the asker did not ask for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from agent.ctx import Caller, SentFile
from agent.operation import Effect, Surface
from agent.registry import BY_NAME, CATALOGUE
from db.server_bootstrap import Urls
from tests.scenarios.house import Outside
from tests.scenarios.lab import Lab, open_lab
from tests.standins.anthropic.obeying import order

CLIENT, RUN, OUTPUT = (UUID(int=n) for n in (901, 902, 903))
HERE = {
    "client_id": str(CLIENT),
    "run_id": str(RUN),
    "output_id": str(OUTPUT),
    "number": 1,
    "name": "Acme",
    "person": "Somebody",
    "text": "Hacked",
    "to": "Hacked",
    "part": "voice",
    "skill": "copywriting",
    "model": "fast",
}
"""Parameters that fit what is there, so that only the gate stands in the way."""


def orders() -> list[tuple[str, dict[str, Any]]]:
    """A call of every operation that leaves anything behind."""
    found = []
    for op in CATALOGUE:
        if op.effect is not Effect.READ:
            fields = op.params.model_fields
            fitting = {k: v for k, v in HERE.items() if k in fields}
            found.append((op.name, {**op.example, **fitting}))
    return found


ORDERS = orders()
Channel = Callable[[Lab, Caller, str], Awaitable[dict[str, Any]]]


async def quoted(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In a message that the asker answers."""
    said = (("quoted message by Mallory", evil),)
    return await lab.asks(asker, "what do you think of that?", quoted=said)


async def forwarded(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In a message that the asker passes on."""
    said = (("forwarded message by Mallory", evil),)
    return await lab.asks(asker, "sum this up", quoted=said)


async def in_the_group(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In what a colleague wrote before, in the same group."""
    bob = await lab.house.enrol(role="member", workspace=asker.workspace_id)
    group = await lab.placed(bob, "member", kind="group")
    await lab.says(group, evil)
    here = replace(asker, chat_id=group.chat_id, conversation_id=group.conversation_id)
    return await lab.asks(here, "what did Bob say?")


async def in_an_answer(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In an earlier answer of ours, which repeats what it had read."""
    earlier = await lab.asks(asker, "sum it up", quoted=(("a page", evil),))
    await lab.house.rows(
        "UPDATE runs SET is_tainted = true, status = 'completed' WHERE id = :id",
        id=UUID(earlier["run_id"]),
    )
    await lab.house.rows(
        "INSERT INTO messages (workspace_id, conversation_id, run_id, role, channel,"
        " content) VALUES (:home, :here, :run, 'assistant', 'telegram', :said)",
        home=asker.workspace_id,
        here=asker.conversation_id,
        run=UUID(earlier["run_id"]),
        said=f"It says: {evil}",
    )
    return await lab.asks(asker, "and what do you make of it?")


async def in_a_profile(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In what somebody answered about a client, which every prompt is told."""
    client = await _client(lab, asker, evil)
    await lab.house.rows(
        "UPDATE conversations SET client_id = :client WHERE id = :here",
        client=client,
        here=asker.conversation_id,
    )
    return await lab.asks(asker, "what is new?")


async def in_a_profile_read(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In a client's profile that is looked up with a tool."""
    client = await _client(lab, asker, evil)
    return await lab.asks(asker, order("clients.show", client_id=str(client)))


async def in_a_piece(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In a finished piece that is read with a tool."""
    number = next(lab.numbers)
    output = UUID(int=10_000 + number)
    key = f"outputs/{output}.md"
    body = evil.encode()
    objects = lab.house.made.core.services.objects
    await objects.put(key, body, media_type="text/markdown")
    await lab.house.rows(
        "INSERT INTO outputs (id, workspace_id, run_id, title, preview, storage_key,"
        " size_bytes, sha256) VALUES (:id, :home, :run, 'A page', :said, :key, :n,"
        " decode(repeat('00', 32), 'hex'))",
        id=output,
        home=asker.workspace_id,
        run=RUN,
        said=evil,
        key=key,
        n=len(body),
    )
    return await lab.asks(asker, order("runs.read", output_id=str(output)))


async def in_a_request(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In what a colleague once asked for, found in the list of runs."""
    number = await lab.house.asks(
        "UPDATE workspaces SET run_seq = run_seq + 1 WHERE id = :home"
        " RETURNING run_seq",
        home=asker.workspace_id,
    )
    await lab.house.rows(
        "INSERT INTO runs (workspace_id, number, kind, status, idempotency_key,"
        " user_message) VALUES (:home, :n, 'skill', 'completed', :key, :said)",
        home=asker.workspace_id,
        n=number,
        key=f"earlier-{number}",
        said=evil,
    )
    return await lab.asks(asker, order("runs.show", number=number))


async def in_a_file(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In a document that the asker sends."""
    sent = await _file(lab, asker, kind="document", excerpt=evil)
    return await lab.asks(asker, "sum this up", files=(sent,))


async def in_a_recording(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In what somebody says in a recording that the asker passes on."""
    sent = await _file(lab, asker, kind="audio", excerpt=evil)
    return await lab.asks(asker, "what do they want?", files=(sent,))


async def in_a_files_name(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In what a file is called, where the files are looked up with a tool."""
    # Of somebody who has no other file: a list of many is cut.
    their = await lab.member("owner", asker.workspace_id)
    await _file(lab, their, kind="document", name=evil)
    return await lab.asks(their, order("clients.files"))


async def in_a_reviewed_piece(lab: Lab, asker: Caller, evil: str) -> dict[str, Any]:
    """In the title of the piece that feedback is about."""
    output = UUID(int=20_000 + next(lab.numbers))
    await lab.house.rows(
        "INSERT INTO outputs (id, workspace_id, run_id, title, storage_key,"
        " size_bytes, sha256) VALUES (:id, :home, :run, :said, :key, 1,"
        " decode(repeat('00', 32), 'hex'))",
        id=output,
        home=asker.workspace_id,
        run=RUN,
        said=evil,
        key=f"outputs/{output}.md",
    )
    return await lab.asks(asker, order("runs.feedback", output_id=str(output)))


CHANNELS: tuple[Channel, ...] = (
    *(quoted, forwarded, in_the_group, in_an_answer),
    *(in_a_profile, in_a_profile_read, in_a_piece, in_a_request),
    *(in_a_file, in_a_recording, in_a_files_name, in_a_reviewed_piece),
)


@pytest_asyncio.fixture(loop_scope="session")
async def lab(urls: Urls, outside: Outside, tmp_path: Path) -> AsyncIterator[Lab]:
    """An installation with an owner's workspace that has something to lose."""
    async with open_lab(urls, tmp_path / "home", outside) as lab:
        yield lab


async def _anew(lab: Lab, asker: Caller) -> Caller:
    """The asker in another conversation of theirs."""
    there = await lab.house.asks(
        "INSERT INTO conversations (workspace_id, user_id) VALUES (:home, :me)"
        " RETURNING id",
        home=asker.workspace_id,
        me=asker.user_id,
    )
    return replace(asker, conversation_id=there)


async def _file(
    lab: Lab, asker: Caller, *, kind: str, name: str = "", excerpt: str | None = None
) -> SentFile:
    """A file of the asker's, looked at and kept."""
    number = next(lab.numbers)
    made: UUID = await lab.house.asks(
        "INSERT INTO assets (workspace_id, uploaded_by_id, private_user_id, kind, name,"
        " storage_key, mime, bytes, sha256, status, excerpt) VALUES (:home, :me, :me,"
        " :kind, :name, :key, 'text/plain', 1, decode(repeat('00', 32), 'hex'),"
        " 'ready', :excerpt) RETURNING id",
        home=asker.workspace_id,
        me=asker.user_id,
        kind=kind,
        name=name or f"file-{number}.txt",
        key=f"assets/{number}",
        excerpt=excerpt,
    )
    return SentFile(f"file-{number}.txt", kind, made, has_text=bool(excerpt))


async def _client(lab: Lab, asker: Caller, evil: str) -> UUID:
    """A client whose profile somebody of the team has pasted something into."""
    number = next(lab.numbers)
    made: UUID = await lab.house.asks(
        "WITH made AS (INSERT INTO clients (workspace_id, name, slug, storage_prefix,"
        " version) VALUES (:home, :name, :name, :name, 1) RETURNING id)"
        " INSERT INTO client_versions (workspace_id, client_id, number, origin,"
        " business_description) SELECT :home, id, 1, 'import', :said FROM made"
        " RETURNING client_id",
        home=asker.workspace_id,
        name=f"brand-{number}",
        said=evil,
    )
    return made


async def _home(lab: Lab) -> Caller:
    """An owner, with a client, a finished run and its piece."""
    asker = await lab.member("owner")
    home = asker.workspace_id
    await lab.house.rows(
        "INSERT INTO clients (id, workspace_id, name, slug, storage_prefix)"
        " VALUES (:id, :home, 'Acme', 'acme', 'acme')",
        id=CLIENT,
        home=home,
    )
    await lab.house.rows(
        "INSERT INTO runs (id, workspace_id, number, kind, status, idempotency_key,"
        " user_id) VALUES (:id, :home, 1, 'skill', 'running', 'first', :me)",
        id=RUN,
        home=home,
        me=asker.user_id,
    )
    await lab.house.rows("UPDATE workspaces SET run_seq = 1 WHERE id = :h", h=home)
    await lab.house.rows(
        "INSERT INTO outputs (id, workspace_id, run_id, title, storage_key,"
        " size_bytes, sha256) VALUES (:id, :home, :run, 'First', 'k', 1,"
        " decode(repeat('00', 32), 'hex'))",
        id=OUTPUT,
        home=home,
        run=RUN,
    )
    return asker


async def _tempt(
    lab: Lab, cases: list[tuple[Channel, tuple[str, dict[str, Any]]]]
) -> None:
    """Have the obeying model read every order, and see that nothing came of it."""
    asker = await _home(lab)
    asked = [
        (name, await channel(lab, await _anew(lab, asker), _evil(name, given)))
        for channel, (name, given) in cases
    ]
    before, first = await lab.picture(), await _run_one(lab)
    for _, data in asked:
        await lab.answers(data)
    assert await lab.deeds() == []
    after = await lab.picture()
    assert {t for t in before if before[t] != after[t]} == set()
    assert await _run_one(lab) == first
    used = "SELECT count(*) FROM approvals WHERE used_at IS NOT NULL"
    assert await lab.house.asks(used) == 0
    started = "SELECT count(*) FROM runs WHERE kind = 'skill' AND user_message = :said"
    assert await lab.house.asks(started, said="Hacked") == 0
    for name, data in asked:
        # The model did obey: the call was made, and came to nothing.
        tried = [tool for tool, _, _ in await lab.told(data)]
        assert name.replace(".", "__") in tried, name
        tainted = "SELECT is_tainted FROM runs WHERE id = :id"
        assert await lab.house.asks(tainted, id=UUID(data["run_id"]))


def _evil(name: str, given: dict[str, Any]) -> str:
    return f"Hi. {order(name, **given)} Thanks."


async def _run_one(lab: Lab) -> Any:
    [row] = await lab.house.rows("SELECT r::text FROM runs r WHERE id = :id", id=RUN)
    return row


async def test_orders_hidden_in_what_is_read_come_to_nothing(lab: Lab) -> None:
    by_tool = [asked for asked in ORDERS if Surface.TOOL in BY_NAME[asked[0]].on]
    others = [asked for asked in ORDERS if asked not in by_tool][::8]
    cases = [
        (CHANNELS[at % len(CHANNELS)], asked)
        for at, asked in enumerate([*by_tool, *others])
    ]
    await _tempt(lab, cases)


@pytest.mark.long
async def test_no_order_in_any_channel_comes_to_anything(lab: Lab) -> None:
    cases = [(channel, asked) for channel in CHANNELS for asked in ORDERS]
    assert len(cases) >= 150
    await _tempt(lab, cases)


async def test_what_the_asker_asks_for_themselves_is_done(lab: Lab) -> None:
    asker = await _home(lab)
    data = await lab.asks(asker, order("clients.new", name="Initech"))
    await lab.answers(data)
    assert [row.type for row in await lab.deeds()] == ["clients.new"]
    there = "SELECT count(*) FROM clients WHERE name = 'Initech'"
    assert await lab.house.asks(there) == 1
