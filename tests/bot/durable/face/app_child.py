"""A process with functions, to be killed: ``python -m ... <port> <engine> <diary>``."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import fastapi
import inngest
import inngest.fast_api
import uvicorn

from tests.bot.durable.face.site import client_of


def main(port: int, engine_url: str, diary: Path) -> None:
    """Serve until killed."""
    client = client_of(engine_url)

    async def write(what: str) -> str:
        with diary.open("a") as file:
            file.write(f"{what}\n")
        await asyncio.sleep(0.01)
        return what

    @client.create_function(
        fn_id="errand", trigger=inngest.TriggerEvent(event="errand"), retries=20
    )
    async def errand(ctx: inngest.Context) -> int:
        key = ctx.event.id
        await ctx.step.run("a", write, f"{key}:a")
        await ctx.step.sleep("nap", timedelta(seconds=1))
        await ctx.step.run("b", write, f"{key}:b")
        await ctx.group.parallel(
            (
                lambda: ctx.step.run("c", write, f"{key}:c"),
                lambda: ctx.step.run("d", write, f"{key}:d"),
            )
        )
        await ctx.step.run("e", write, f"{key}:e")
        return 5

    @client.create_function(
        fn_id="long", trigger=inngest.TriggerEvent(event="long"), retries=3
    )
    async def long(ctx: inngest.Context) -> str:
        async def work() -> str:
            is_first = not ctx.attempt
            await write(f"begun:{ctx.attempt}")
            if is_first:
                seconds: Any = ctx.event.data["seconds"]
                await asyncio.sleep(seconds)
            return await write("ended")

        return await ctx.step.run("work", work)

    app = fastapi.FastAPI()
    inngest.fast_api.serve(app, client, [errand, long])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
