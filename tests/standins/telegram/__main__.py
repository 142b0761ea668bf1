"""The stand-in on its own: ``python -m tests.standins.telegram --port N``.

``POST /control {"do": "say", "with": {"text": "Hello"}}`` does what a test would do
and answers ``{"result": ...}``. Beside the methods of ``Telegram`` there are ``fault``
(the fields of ``Fault``), ``flood`` (those of ``Flood``), ``wait`` (chat, seconds),
``block`` (user), ``set`` (revoked, polled_elsewhere, ...) and ``calls`` (method).
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tests.standins.telegram.server import Telegram
from tests.standins.telegram.world import Fault, Shown


def seen(shown: Shown) -> dict[str, Any]:
    """A message as JSON; its file as a size."""
    return {**asdict(shown), "file": len(shown.file), "from_bot": shown.from_bot}


def controls(tg: Telegram) -> dict[str, Callable[..., Any]]:
    """What may be asked of the stand-in from outside."""
    return {
        "say": tg.say,
        "join": tg.join,
        "edit": tg.edit,
        "press": tg.press,
        "push": tg.push,
        "messages": lambda **given: [seen(one) for one in tg.messages(**given)],
        "replies": lambda **given: [seen(one) for one in tg.replies(**given)],
        "calls": lambda method: [asdict(call) for call in tg.called(method)],
        "pending": lambda: len(tg.updates),
        "presses": lambda: tg.presses,
        "early": lambda: tg.flood.early,
        "fault": lambda **given: tg.faults.append(Fault(**given)),
        "flood": lambda **given: vars(tg.flood).update(given),
        "wait": lambda chat, seconds: tg.flood.waits.update(
            {chat: time.monotonic() + seconds}
        ),
        "block": lambda user: tg.blocked.update({user}),
        "set": lambda **given: vars(tg).update(given),
    }


async def main(port: int) -> None:
    """Serve until stopped."""
    tg = Telegram(port=port)
    known = controls(tg)

    async def control(request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("do") not in known:
            return web.json_response({"error": f"one of {sorted(known)}"}, status=404)
        try:
            result = known[asked["do"]](**asked.get("with", {}))
        except (LookupError, TypeError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"result": result}, dumps=dumps)

    app = tg.app()
    app.router.add_post("/control", control)
    await tg.start(app)
    sys.stdout.write(f"{tg.base_url} {tg.token}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await tg.stop()


def dumps(value: Any) -> str:
    """JSON, with the bytes of an upload as its size."""
    return json.dumps(value, default=len)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    asyncio.run(main(options.parse_args().port))
