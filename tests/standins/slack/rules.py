"""Rules that several methods share."""

import re
from typing import Any

from tests.standins.slack.state import Json

TS = re.compile(r"\d{10}\.\d{6}")
NEEDED = {
    "agents": "chat:write",
    "assistant": "assistant:write",
    "chat": "chat:write",
    "conversations.open": "im:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
}


class Failure(Exception):
    """``ok: false``."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Json = {"ok": False, "error": error, **more}


def cut(text: str) -> tuple[str, str]:
    return (text[:40_000], "message_truncated") if len(text) > 40_000 else (text, "")
