"""Whether the API keeps what its document says: schemathesis over every operation.

``python -m bench.contract [--examples 50] [--phases examples,coverage,fuzzing]``: a
process as it is wired, a fresh workspace, an owner's key without quotas. The tests run
a short form of it.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bot.logs import configure
from db import schema
from db.server import Server
from tests import seeds
from tests.bot.surfaces.conftest import listening, whole
from tests.bot.surfaces.contract import Verdict, judge
from tests.conftest import administer, connected


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    configure("ERROR", as_json=False)
    began = time.perf_counter()
    verdict = await _judged(args)
    took = time.perf_counter() - began
    print(verdict.text[-8000:] if verdict.failures else verdict.text[-1200:])
    print(f"{verdict.cases} cases, {verdict.failures} failures, {took:.0f} s")
    raise SystemExit(1 if verdict.failures else 0)


async def _judged(args: argparse.Namespace) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="draper-bench-") as home:
        server = Server(Path(home) / "postgres", durable=False)
        urls = await server.start()
        try:
            await administer(urls.admin, "CREATE EXTENSION IF NOT EXISTS vector")
            async with connected(urls.owner) as owner, owner.begin() as connection:
                await connection.run_sync(schema.upgrade)
                await connection.run_sync(seeds.sow)
            async with whole(urls, Path(home)) as api, listening(api.mounts) as base:
                return await judge(
                    base,
                    await api.key(),
                    Path(home),
                    *("--phases", args.phases, "--seed", str(args.seed)),
                    *("--max-examples", str(args.examples), "--continue-on-failure"),
                )
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
