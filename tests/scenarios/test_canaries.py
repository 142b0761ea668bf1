"""Recognisable secrets through every way in; then everything is searched for them."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from agent.ctx import Caller, Role
from agent.gate import invoke
from agent.identity.key_operations import new_key
from bot.logs import processors
from tests.agent.files import made
from tests.scenarios.house import House, Member
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import until
from tests.scenarios.test_secrets import Kept

COLUMNS = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema IN ('public', 'engine') AND table_type = 'BASE TABLE'
"""


class Canaries:
    """Secrets, each unlike any other, by where it was let in."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._number = count(10)
        self.planted: dict[str, str] = {}

    def key(self, where: str) -> str:
        """A key that Anthropic would take."""
        key = f"sk-ant-api03-Can{next(self._number)}" + "aryQw7" * 8 + "zz9Y"
        self.planted[where] = key
        self._house.claude.others.add(key)
        return key

    def word(self, where: str, secret: str) -> str:
        """A secret that looks like nothing in particular."""
        self.planted[where] = secret
        return secret

    def found_in(self, text: str) -> list[str]:
        """Where those that stand in ``text`` were let in, whole or by their middle."""
        return [
            where
            for where, secret in self.planted.items()
            for form in _forms(secret)
            if form in text
        ]


def _forms(secret: str) -> Iterator[str]:
    for part in (secret, secret[8:-5]):
        yield part
        yield part.encode().hex()
    yield b64encode(secret.encode()).decode()[4:-4]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Kept]:
    caplog.set_level(logging.DEBUG)
    kept = Kept()
    structlog.configure(processors=processors(as_json=True), logger_factory=kept)
    yield kept
    structlog.reset_defaults()


async def rows_with(house: House, canaries: Canaries) -> list[str]:
    """Every table that holds one, as text, JSON, bytes or anything else."""
    found = []
    for schema, table in await house.rows(COLUMNS):
        # The names are the catalogue's own.
        rows = await house.rows(f'SELECT t::text FROM "{schema}"."{table}" t')  # noqa: S608
        held = {where for row in rows for where in canaries.found_in(str(row[0]))}
        found += [f"{schema}.{table}: {where}" for where in sorted(held)]
    return found


def files_with(house: House, canaries: Canaries) -> list[str]:
    """Every file of the object store, and of all else in our folder, that has one."""
    home = Path(house.made.settings.home)
    return [
        str(file)
        for file in home.rglob("*")
        if file.is_file() and canaries.found_in(file.read_bytes().decode("latin-1"))
    ]


async def known(house: House, door: str, group: Any = None) -> tuple[Any, Member]:
    person, member = house.stranger(door, group), await house.enrol()
    await house.introduce(person, member)
    return person, member


async def _said_in_every_door(house: House, canaries: Canaries) -> None:
    for door in ("telegram", "slack", "web"):
        ana, _ = await known(house, door)
        await ana.writes(canaries.key(f"{door} alone"))
        await ana.sees("a key of Anthropic")
        key = canaries.key(f"{door} brief")
        await ana.writes(f"write homepage copy for Acme, whose api key is {key} today")
        await ana.sees("You asked for", "key removed")
        key = canaries.key(f"{door} skill")
        await ana.commands(f"homepage-copy for Acme with {key} in the middle of it")
        await ana.commands(f"key anthropic {canaries.key(f'{door} command')}")
        await ana.sees("Stored as anthropic")
        await ana.commands(f"run {canaries.key(f'{door} misread')}")


async def _filled_in(house: House, canaries: Canaries) -> None:
    slack, _ = await known(house, "slack")
    assert isinstance(slack, OnSlack)
    await slack.commands("key anthropic")
    view = await slack.sees_form("Key")
    await slack.fills(view, Key=canaries.key("slack form"))
    await slack.sees("Stored as anthropic")
    web, _ = await known(house, "web")
    assert isinstance(web, OnWeb)
    await web.commands("key anthropic")
    form = await web.sees_form("Key")
    await web.fills(form, Key=canaries.word("web refused", "hunter-two-and-a-half"))
    await until(lambda: "not a whole" in str(web.shown(form["id"])), "no fault")
    await web.fills(web.shown(form["id"]), Key=canaries.key("web form"))
    await web.sees("Stored as anthropic")
    phone, _ = await known(house, "telegram")
    await phone.commands("key")
    await phone.presses("Anthropic", await phone.sees("Service"))
    await phone.sees("Paste it here")
    await phone.writes(canaries.word("asked, no pattern", "correct horse battery 7!"))
    await phone.sees("not a whole key")
    await phone.writes(canaries.word("asked, one word", "Tr0ub4dor3CorrectHorse99"))
    await until(lambda: _times(phone, "not a whole key") > 1, "not asked again")
    await phone.writes(canaries.key("telegram form"))
    await phone.sees("Stored as anthropic")


def _times(person: Any, words: str) -> int:
    return sum(seen.has(words) for seen in person.chat())


async def _in_odd_places(house: House, canaries: Canaries) -> None:
    ana, _ = await known(house, "telegram")
    assert isinstance(ana, OnTelegram)
    house.telegram.files["f1"] = b"Our tea is green."
    document = {"file_id": "f1", "file_name": f"{canaries.key('file name')}.txt"}
    await ana.writes("", document=document)
    await ana.sees("Saved as", ".txt")
    await ana.writes("", document=document, caption=canaries.key("caption"))
    await ana.commands("client new Acme")
    await ana.sees("Acme", buttons=("Skip",))
    await ana.writes(f"it is known for {canaries.key('client answer')}")
    number = await ana.writes("write homepage copy for Acme, a payroll tool")
    await ana.edits(number, f"write an ad for {canaries.key('edited')} and Acme, too")
    await ana.commands(f"client new {canaries.key('client name')}")
    await ana.writes(f"/nonsense {canaries.key('unknown command')}")
    group = house.group("telegram")
    bob, _ = await known(house, "telegram", group)
    await bob.writes(canaries.key("group, not addressed"))
    await bob.writes(f"/key {canaries.key('group command')}")
    await bob.sees("revoke it now")
    sly, _ = await known(house, "slack")
    await sly.world.hear({"type": "reaction_added", "item": canaries.key("odd event")})
    await sly.world.say("", user=sly.user, files={canaries.key("slack file"): b"x"})
    stranger = house.stranger("telegram")
    await stranger.writes(canaries.key("stranger"))
    await stranger.sees("pairing code")


async def _in_files(house: House, canaries: Canaries) -> None:
    web, _ = await known(house, "web")
    assert isinstance(web, OnWeb)
    text = f"The key is {canaries.key('file text')} as agreed."
    name = f"{canaries.key('upload name')}.txt"
    given = await web.attaches(name, text.encode())
    await web.writes("write homepage copy for Acme, from this", files=[given])
    await web.sees("You asked for")
    ana, _ = await known(house, "telegram")
    assert isinstance(ana, OnTelegram)
    house.telegram.files["said"] = made.VOICE
    house.made.core.services.transcriber = Spoken(canaries.key("spoken"))
    voice = {"file_id": "said", "file_unique_id": "said", "duration": 2}
    await ana.writes("", voice=voice)
    await until(ana.chat, "nobody heard it")
    await house.rests()
    house.made.core.services.transcriber = None


async def _in_menus_and_reviews(house: House, canaries: Canaries) -> None:
    sly, _ = await known(house, "slack")
    assert isinstance(sly, OnSlack)
    channel = house.group("slack")
    post = f"Acme launches, with {canaries.key('shortcut message')} in it"
    ts = await house.slack.say(post, user=sly.user, channel=channel)
    await house.slack.uses_on("use_as_brief", ts, user=sly.user)
    form = await sly.sees_form("Use this as a brief")
    await sly.fills(form, **{"Anything_to_add?": canaries.key("shortcut form")})
    await sly.writes("write homepage copy for Acme, a payroll tool")
    piece = await sly.sees("You asked for", buttons=("1", "5"))
    await sly.presses("2", piece)
    await sly.presses("Tell me more", await sly.sees_change(piece, "What was off"))
    review = await sly.sees_form("Review")
    await sly.fills(review, **{"An issue": canaries.key("review")})
    await sly.sees("Thank you")


class Spoken:
    """Hears the same in every recording."""

    def __init__(self, words: str) -> None:
        self._words = words

    async def transcribe(self, body: bytes, name: str, media_type: str) -> str:
        return f"write homepage copy for Acme with {self._words} in it"


async def _over_http(house: House, canaries: Canaries) -> None:
    member = await house.enrol()
    services = house.made.core.services
    caller = Caller(member.workspace_id, member.user_id, Role.OWNER)
    async with services.ctx(caller) as ctx:
        made = await invoke(new_key, ctx, {"name": "tests"})
    canaries.planted["our own key"] = made.key
    bearer = {"authorization": f"Bearer {made.key}"}
    async with httpx.AsyncClient(base_url=house.url, headers=bearer) as client:
        body = {"provider": "anthropic", "secret": canaries.key("REST keep")}
        kept = await client.post("/v1/vault.keep", json=body)
        assert kept.status_code == 200, kept.text
        assert not canaries.found_in(kept.text)
        brief = f"for Acme, whose key is {canaries.key('REST brief')}, you know"
        body = {"skill": "homepage-copy", "brief": brief}
        once = {"idempotency-key": "canary"}
        await client.post("/v1/runs.start", json=body, headers=once)
        body = {"provider": "anthropic", "secret": canaries.key("REST field")[:-9]}
        again = {"idempotency-key": "canary two"}
        refused = await client.post("/v1/vault.keep", json=body, headers=again)
        assert not canaries.found_in(refused.text)
        junk = {"provider": canaries.key("REST junk"), "secret": 7}
        await client.post("/v1/vault.keep", json=junk)


async def test_no_secret_is_found_anywhere_in_clear(
    house: House, logged: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    canaries = Canaries(house)
    await _said_in_every_door(house, canaries)
    await _filled_in(house, canaries)
    await _in_odd_places(house, canaries)
    await _in_files(house, canaries)
    await _in_menus_and_reviews(house, canaries)
    await _over_http(house, canaries)
    await house.rests()
    assert len(canaries.planted) >= 36
    assert await rows_with(house, canaries) == []
    written = "\n".join([*logged.lines, caplog.text])
    assert "key.tried" in written
    assert canaries.found_in(written) == []
    prompts = "\n".join(str(one.body) for one in house.claude.requests)
    assert "key removed" in prompts
    assert canaries.found_in(prompts) == []
    # A file is its sender's, as they sent it; what is drawn from it is searched.
    sent = [row.storage_key for row in await house.rows("SELECT * FROM assets")]
    drawn = files_with(house, canaries)
    assert [file for file in drawn if not file.endswith(tuple(sent))] == []


async def test_the_search_finds_what_is_there(house: House) -> None:
    """A search that finds nothing proves nothing, unless it can find."""
    canaries = Canaries(house)
    secret = canaries.key("planted by hand")
    ids = house.made.core.services.ids
    await house.rows(
        "INSERT INTO inbox (channel, event_id, kind, body, payload, processed_at,"
        " status) VALUES ('web', :id, 'message', :body, to_jsonb(CAST(:text AS text)),"
        " now(), 'ignored')",
        id=str(ids.new()),
        body=secret.encode(),
        text="nothing",
    )
    assert await rows_with(house, canaries) == ["public.inbox: planted by hand"]
    await house.rows("DELETE FROM inbox WHERE body = :body", body=secret.encode())
    assert await rows_with(house, canaries) == []
