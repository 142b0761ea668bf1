import json

import pytest

from channels.telegram.parse import Me
from channels.telegram.webhook import receive
from tests.channels.telegram.inbox import Inbox

ME = Me("7", "draper_bot")
BODY = json.dumps({"update_id": 5, "poll": {}}).encode()
SECRET = "s3cret"


async def post(
    inbox: Inbox,
    body: bytes = BODY,
    given: str | None = SECRET,
    secret: str = SECRET,
) -> int:
    return await receive(body, given, secret=secret, me=ME, keep=inbox.keep)


async def test_an_update_is_acknowledged_once_it_is_kept() -> None:
    inbox = Inbox()

    assert await post(inbox) == 200
    assert [(one.event_id, one.body) for one in inbox.kept] == [("5", BODY)]


async def test_what_is_no_update_is_kept_too() -> None:
    inbox = Inbox()

    assert await post(inbox, b"\xff{") == 200
    assert inbox.kept[0].inbound is None


async def test_what_could_not_be_kept_is_sent_again() -> None:
    assert await post(Inbox(broken=1)) == 503


@pytest.mark.parametrize("given", [None, "", "s3cre", "s3cret ", "S3CRET", "ключ"])
async def test_a_wrong_secret_is_turned_away(given: str | None) -> None:
    inbox = Inbox()

    assert await post(inbox, given=given) == 401
    assert inbox.kept == []


@pytest.mark.parametrize("given", [None, ""])
async def test_without_a_secret_of_ours_nobody_gets_in(given: str | None) -> None:
    assert await post(Inbox(), given=given, secret="") == 401


async def test_a_body_no_update_has_is_turned_away() -> None:
    inbox = Inbox()

    assert await post(inbox, b"x" * 1_000_001) == 413
    assert inbox.kept == []
