"""Files that the page hands over: kept first, capped while they come, ours only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from agent.errors import Unavailable
from agent.files.limits import DAY_FILES
from bot.web import uploads
from bot.web.app import create_app
from bot.web.session import Doorkeeper
from tests.bot.web.conftest import HOME, PROOF
from tests.bot.web.fakes import TOKEN, FakeDesk, Still

MOST = 100_000


class Room:
    """What uploads work with; the object store is out of order."""

    file_bytes = MOST

    def __init__(self) -> None:
        self.objects: Any = self
        self.ids: Any = self
        self.sent_today = 0

    def new(self) -> object:
        return uuid7()

    async def put(self, key: str, body: bytes, *, media_type: str) -> None:
        raise Unavailable("The disk is full.")

    @asynccontextmanager
    async def tenant(self, caller: object) -> AsyncIterator[Any]:
        del caller
        yield self

    async def execute(self, *asked: object) -> Any:
        """What the person sent today; it is the only question."""
        del asked
        return self

    def one(self) -> Any:
        return SimpleNamespace(files=self.sent_today, bytes=0)

    async def scalar(self, *asked: object) -> object:
        raise AssertionError("no row without its object")


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
async def page(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    desk = FakeDesk()
    routes = uploads.router(room, Doorkeeper(desk, ""))
    transport = httpx.ASGITransport(create_app(desk, Still(), routers=[routes]))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        client.cookies.set("draper", TOKEN)
        client.headers.update(PROOF)
        yield client


async def test_what_could_not_be_kept_is_not_acknowledged(
    page: httpx.AsyncClient,
) -> None:
    answer = await page.post("/chat/uploads", files={"file": ("a.txt", b"tea")})
    assert answer.status_code == 503
    assert "Try again" in answer.json()["said"]


async def test_a_file_is_capped_while_it_comes(page: httpx.AsyncClient) -> None:
    came = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal came
        yield b'--b\r\ncontent-disposition: form-data; name="file"; '
        yield b'filename="a"\r\n\r\n'
        while came < 100 * MOST:
            came += 10_000
            yield b"x" * 10_000

    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = await page.post("/chat/uploads", content=endless(), headers=kind)
    assert answer.status_code == 413
    assert came < 2 * MOST


@pytest.mark.parametrize("lacking", ["x-csrf-token", "origin", "cookie"])
async def test_only_a_page_of_ours_hands_files_over(
    page: httpx.AsyncClient, lacking: str
) -> None:
    if lacking == "cookie":
        page.cookies.clear()
    elif lacking == "origin":
        page.headers["origin"] = "https://evil.test"
    else:
        del page.headers[lacking]
    answer = await page.post("/chat/uploads", files={"file": ("a.txt", b"tea")})
    assert answer.status_code in {401, 403}


async def test_a_form_without_a_file_is_told_so(page: httpx.AsyncClient) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await page.post("/chat/uploads", content=b"file=a", headers=kind)
    assert answer.status_code == 422


async def test_nobody_fills_the_disk(page: httpx.AsyncClient, room: Room) -> None:
    room.sent_today = DAY_FILES
    answer = await page.post("/chat/uploads", files={"file": ("a.txt", b"tea")})
    assert answer.status_code == 429
    assert "in a day" in answer.json()["said"]
