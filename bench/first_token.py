"""Time to the first token: the bare SDK, then our Claude with the prompt built anew.

Run: ``.venv/bin/python -m bench.first_token [--calls 100] [--skill copywriting]``.

All ways are interleaved in one run, against the strict stand-in in a process of its
own. The further tables are the cache-read share, turn by turn from an empty cache, by
the stand-in's accounting: read / (read + written + input).
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles

from anthropic import AsyncAnthropic
from httpx import AsyncClient

from agent.llm.claude import Claude
from agent.llm.claude.request import request
from agent.llm.loop import collect
from agent.llm.port import Delta, Tier, Turn, Usage
from agent.llm.prompt import Task, build

MODEL = "claude-sonnet-5-5"
MODELS = dict.fromkeys(Tier, MODEL)
TODAY = date(2026, 11, 21)
PROFILE = """\
Acme sells payroll software to clinics of 5 to 60 people in India.
Voice: warm, exact, never loud. Short sentences. No exclamation marks.
Readers: clinic owners and office managers, on a phone, between patients.
Always: the month-end deadline. Never: fear, comparison by name.
Proof to use: 214 clinics, first payroll within a day (survey, May 2026).
"""
SENTENCE = (
    "Here is the section. It opens with what the office manager gains, names the "
    "deadline once, and ends in one button. "
)
REMARK, PIECE = SENTENCE * 8, SENTENCE * 30
"""About 280 and 1,050 tokens: an answer in a chat, and a whole piece."""

Way = Callable[[Task], Awaitable[float]]


@asynccontextmanager
async def standin() -> AsyncIterator[tuple[str, str]]:
    """Run the stand-in as its own process; yield its address and key."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.standins.anthropic",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout  # noqa: S101 - asked for above
    try:
        where = json.loads(await process.stdout.readline())
        yield where["url"], where["key"]
    finally:
        process.terminate()
        await process.wait()


def bare(sdk: AsyncAnthropic) -> Way:
    async def first_token(task: Task) -> float:
        body = request(build(task), MODEL)
        began = time.perf_counter()
        took = 0.0
        async with await sdk.messages.create(**body, stream=True) as stream:
            async for event in stream:
                if not took and event.type == "content_block_delta":
                    took = time.perf_counter() - began
        return took

    return first_token


def helped(sdk: AsyncAnthropic) -> Way:
    async def first_token(task: Task) -> float:
        body = request(build(task), MODEL)
        began = time.perf_counter()
        took = 0.0
        async with sdk.messages.stream(**body) as stream:
            async for _ in stream.text_stream:
                took = took or time.perf_counter() - began
        return took

    return first_token


def ours(claude: Claude) -> Way:
    async def first_token(task: Task) -> float:
        began = time.perf_counter()
        took = 0.0
        async for piece in claude.stream(build(task)):
            if not took and isinstance(piece, Delta):
                took = time.perf_counter() - began
        return took

    return first_token


def looped(claude: Claude) -> Way:
    async def first_token(task: Task) -> float:
        began = time.perf_counter()
        took = 0.0

        async def show(_: str) -> None:
            nonlocal took
            took = took or time.perf_counter() - began

        await collect(claude, build(task), show)
        return took

    return first_token


async def timed(ways: dict[str, Way], task: Task, calls: int) -> dict[str, list[float]]:
    for way in ways.values():
        for _ in range(5):
            await way(task)
    took: dict[str, list[float]] = {name: [] for name in ways}
    order = list(ways)
    gc.disable()
    for number in range(calls):
        order.append(order.pop(0))
        for name in order:
            took[name].append(await ways[name](task))
        if number % 20 == 0:
            gc.collect()
    gc.enable()
    return took


def skill_text(slug: str) -> tuple[str, tuple[str, ...], str]:
    """Return the skill's body, references and rules; made up when it is absent."""
    folder = Path("skills") / slug
    if not (folder / "SKILL.md").exists():
        return "Write for one reader. Lead with what they gain. " * 180, (), ""
    body = (folder / "SKILL.md").read_text("utf-8").split("---", 2)[-1]
    rules = folder / "RULES.md"
    references = sorted((folder / "references").glob("*.md"))
    return (
        body,
        tuple(path.read_text("utf-8") for path in references),
        rules.read_text("utf-8") if rules.exists() else "",
    )


def task_for(slug: str) -> Task:
    body, references, rules = skill_text(slug)
    return Task(
        "Write homepage copy for Acme, a payroll tool for clinics.",
        skill=slug,
        instructions=body,
        references=references,
        rules=rules,
        client="Acme",
        profile=PROFILE,
        today=TODAY,
    )


async def silent(_: str) -> None:
    """Show nobody."""


async def chat(claude: Claude, task: Task, turns: int, reply: str) -> list[Usage]:
    history: tuple[Turn, ...] = ()
    usages = []
    for number in range(turns):
        words = f"Point {number}: make the section about deadlines warmer, please."
        day = TODAY + timedelta(days=number)
        now = replace(task, brief=words, history=history, today=day)
        usages.append((await collect(claude, build(now), silent)).usage)
        history += (Turn("user", words), Turn("assistant", reply))
    return usages


async def runs(claude: Claude, task: Task, times: int) -> list[Usage]:
    """The same skill and client, another brief each time: what runs share."""
    usages = []
    for number in range(times):
        brief = f"Write copy number {number} for Acme, a payroll tool for clinics."
        other = replace(task, brief=brief)
        usages.append((await collect(claude, build(other), silent)).usage)
    return usages


def share(usages: list[Usage]) -> float:
    read = sum(usage.cache_read_tokens for usage in usages)
    rest = sum(
        usage.input_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
        for usage in usages
    )
    return read / (read + rest)


def show_times(took: dict[str, list[float]]) -> None:
    print(f"{'time to first token, ms':<34}{'p50':>8}{'p99':>8}{'over bare p50':>15}")
    base = quantiles(took["bare SDK, create(stream=True)"], n=100)[49]
    for name, seconds in took.items():
        cut = quantiles(seconds, n=100)
        over = (cut[49] - base) * 1000
        print(f"{name:<34}{cut[49] * 1000:>8.2f}{cut[98] * 1000:>8.2f}{over:>15.2f}")


def show_shares(title: str, usages: list[Usage]) -> None:
    print(f"\n{title}")
    print(f"{'turn':>6}{'read':>8}{'written':>9}{'input':>7}{'share':>7}")
    for turn, usage in enumerate(usages, start=1):
        print(
            f"{turn:>6}{usage.cache_read_tokens:>8}{usage.cache_write_5m_tokens:>9}"
            f"{usage.input_tokens:>7}{share([usage]):>7.2f}"
        )
    print(f"share on turn >= 2: {share(usages[1:]):.3f}")


async def main(calls: int, slug: str, turns: int) -> None:
    task = task_for(slug)
    async with standin() as (url, key):
        sdk = AsyncAnthropic(api_key=key, base_url=url, max_retries=0)
        claude = Claude(key, url, MODELS)
        ways = {
            "bare SDK, create(stream=True)": bare(sdk),
            "SDK helper, messages.stream()": helped(sdk),
            "ours: build + Claude.stream": ours(claude),
            "ours: build + Claude + collect": looped(claude),
        }
        size = sum(len(block.text.encode()) for block in build(task).system)
        print(
            f"{calls} calls each, interleaved; skill {slug}, {size:,} bytes of system\n"
        )
        show_times(await timed(ways, task, calls))
        async with AsyncClient(base_url=url) as control:
            for title, series in (
                ("a chat about a piece", partial(chat, claude, task, turns, REMARK)),
                ("a chat of whole pieces", partial(chat, claude, task, turns, PIECE)),
                ("runs of one skill and client", partial(runs, claude, task, turns)),
            ):
                await control.post("/control/reset")
                show_shares(title, await series())
        await claude.aclose()
        await sdk.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--skill", default="copywriting")
    parser.add_argument("--turns", type=int, default=8)
    given = parser.parse_args()
    asyncio.run(main(given.calls, given.skill, given.turns))
