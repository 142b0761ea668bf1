"""``python -m tests.standins.slack --port N``: the stand-in alone, until stopped."""

import argparse
import asyncio
import json
import sys

from tests.standins.slack.server import Slack


async def serve(port: int, events_url: str, hurry: float) -> None:
    async with Slack(port=port, events_url=events_url, hurry=hurry) as slack:
        known = {
            "base_url": slack.base_url,
            "control": f"{slack.origin}/control",
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.secret,
        }
        sys.stdout.write(json.dumps(known) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--events-url", default="", help="empty: Socket Mode")
    parser.add_argument("--hurry", type=float, default=0.01)
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.port, given.events_url, given.hurry))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
