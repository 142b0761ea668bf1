"""Recordings written down by a server that speaks OpenAI's language."""

from collections.abc import AsyncIterator

import pytest

from agent.errors import Unavailable
from agent.llm.transcriber import OverHttp
from tests.standins.openai import KEY, Fault, OpenAIStandIn

SOUND = b"OggS" + bytes(60)


@pytest.fixture
async def api() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as standin:
        yield standin


async def test_the_words_of_a_recording_come_back(api: OpenAIStandIn) -> None:
    api.script(" write a slogan \n")
    ear = OverHttp(api.url + "/", KEY, "whisper-1")
    assert await ear.transcribe(SOUND, "voice.ogg", "audio/ogg") == "write a slogan"
    assert api.heard == [("voice.ogg", "audio/ogg", SOUND)]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_trouble_is_told_in_words_of_ours(
    api: OpenAIStandIn, status: int
) -> None:
    api.script(Fault(status, "server_error", None, "secret trouble"))
    ear = OverHttp(api.url, KEY, "whisper-1")
    with pytest.raises(Unavailable, match="could not write down") as caught:
        await ear.transcribe(SOUND, "voice.ogg", "audio/ogg")
    assert "secret" not in caught.value.said


async def test_nobody_there_is_told_as_well() -> None:
    ear = OverHttp("http://127.0.0.1:1/v1", "", "whisper-1", timeout_s=1)
    with pytest.raises(Unavailable):
        await ear.transcribe(SOUND, "voice.ogg", "audio/ogg")
