"""One request to an ASGI app in this process, without a socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def post(app: ASGIApp, path: str, query: dict[str, str], body: bytes) -> Answer:
    """Return the app's answer to a JSON ``body``.

    Raises:
        RuntimeError: The app ended without an answer.
    """
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    await app(_scope(path, query, len(body)), receive, send)
    if not sent or sent[0]["type"] != "http.response.start":
        raise RuntimeError("the function's app gave no answer")
    headers = {
        key.decode("latin-1"): value.decode("latin-1")
        for key, value in sent[0]["headers"]
    }
    content = b"".join(part.get("body", b"") for part in sent[1:])
    return Answer(sent[0]["status"], headers, content)


def _scope(path: str, query: dict[str, str], length: int) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": urlencode(query).encode(),
        "headers": [
            (b"host", b"engine"),
            (b"content-type", b"application/json"),
            (b"content-length", str(length).encode()),
        ],
        "client": ("engine", 0),
        "server": ("engine", 80),
    }
