"""``python -m tests.standins.anthropic --port 8901``: the stand-in on its own.

Prints ``{"url": ..., "key": ...}`` once it listens; stops on SIGINT or SIGTERM.
"""

import argparse
import asyncio
import json
import signal
import sys

from tests.standins.anthropic.server import KEY, AnthropicStandIn


async def serve(port: int, key: str) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    standin = AnthropicStandIn(key=key)
    await standin.start(port)
    sys.stdout.write(json.dumps({"url": standin.url, "key": key}) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await standin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=KEY)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.key))


if __name__ == "__main__":
    main()
