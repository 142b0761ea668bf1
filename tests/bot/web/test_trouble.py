import httpx
import pytest
from structlog.testing import capture_logs

from tests.bot.web.fakes import FakeDesk

PAGE = {"accept": "text/html"}


@pytest.fixture
def broken(desk: FakeDesk) -> None:
    desk.failure = ConnectionRefusedError("no database at /secret/place")


@pytest.mark.usefixtures("broken")
async def test_a_page_that_fails_says_so_kindly_and_the_log_says_why(
    ana: httpx.AsyncClient,
) -> None:
    with capture_logs() as logs:
        answer = await ana.get("/", headers=PAGE)
    assert answer.status_code == 500
    assert "Nothing you sent is lost" in answer.text
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert [(one["event"], one["error"]) for one in logs] == [
        ("web.failed", "ConnectionRefusedError")
    ]


@pytest.mark.usefixtures("broken")
async def test_a_request_of_the_page_that_fails_gets_words_to_show(
    ana: httpx.AsyncClient,
) -> None:
    with capture_logs():
        answer = await ana.post("/chat/messages", json={})
    assert answer.status_code == 500
    assert "Try again in a moment" in answer.json()["said"]


async def test_an_address_without_a_page_leads_back(ana: httpx.AsyncClient) -> None:
    answer = await ana.get("/nowhere", headers=PAGE)
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert (await ana.get("/nowhere")).json()["said"].startswith("There is nothing")
