from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from agent.errors import NotFound
from bot.links import GOOD_FOR, LinkExpired, Links, Piece
from bot.web import pieces

PIECE = Piece("outputs/w/r/1.md", "homepage-copy-acme.md")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Objects:
    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        raise NotImplementedError

    async def get(self, key: str) -> bytes:
        if key != PIECE.storage_key:
            raise NotFound("gone")
        return b"# Homepage copy"

    async def delete(self, key: str) -> None:
        raise NotImplementedError

    async def ping(self) -> None:
        raise NotImplementedError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> Links:
    return Links("https://draper.example", b"s" * 32, clock)


def token(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_leads_to_its_piece_until_it_is_too_old(
    links: Links, clock: Clock
) -> None:
    link = links.to(PIECE)

    assert link.startswith("https://draper.example/pieces/")
    assert links.read(token(link)) == PIECE
    clock.at = NOW + GOOD_FOR + timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        links.read(token(link))


@pytest.mark.parametrize("change", ["", "x", ".", "é"])
def test_a_changed_link_leads_nowhere(links: Links, change: str) -> None:
    body, _, proof = token(links.to(PIECE)).partition(".")
    for forged in (f"{body}{change}x.{proof}", f"{body}.{proof}{change}x", change):
        with pytest.raises(NotFound):
            links.read(forged)


def test_another_installations_link_leads_nowhere(links: Links, clock: Clock) -> None:
    theirs = Links("https://draper.example", b"t" * 32, clock)
    with pytest.raises(NotFound):
        links.read(token(theirs.to(PIECE)))


async def test_the_page_hands_the_file_over_or_says_why_not(
    links: Links, clock: Clock
) -> None:
    app = FastAPI()
    app.include_router(pieces.router(links, Objects()))
    good = token(links.to(PIECE))
    async with AsyncClient(
        transport=ASGITransport(app), base_url="https://draper.example"
    ) as client:
        found = await client.get(f"/pieces/{good}")
        wrong = await client.get("/pieces/nothing.here")
        clock.at = NOW + GOOD_FOR * 2
        old = await client.get(f"/pieces/{good}")

    assert (found.status_code, found.text) == (200, "# Homepage copy")
    assert "attachment" in found.headers["content-disposition"]
    assert "homepage-copy-acme.md" in found.headers["content-disposition"]
    assert wrong.status_code == 404
    assert old.status_code == 410
    assert old.text.startswith("This link is too old. Ask Draper for /outputs")
