"""``draper run``: everything in one process, or one part of it."""

import argparse

PARTS = ("web", "worker", "chat")


def add(parser: argparse.ArgumentParser) -> None:
    """Say which words the command takes."""
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="part",
        help=f"one or more of {', '.join(PARTS)}; all of them when left out",
    )


def run(args: argparse.Namespace) -> int:
    """Run until told to stop; return the exit status."""
    import asyncio

    from bot.cli.refusal import Refusal
    from bot.logs import configure
    from bot.settings import Settings
    from bot.wiring.processes import Parts
    from bot.wiring.processes import run as serve

    if unknown := [part for part in args.parts if part not in PARTS]:
        raise Refusal(f"There is no part {unknown[0]!r}.", hint=f"One of {PARTS}.")
    chosen = set(args.parts or PARTS)
    settings = Settings()
    configure(settings.log_level, as_json=settings.log_json)
    parts = Parts(*(part in chosen for part in PARTS))
    asyncio.run(_until_told(serve(settings, parts)))
    return 0


async def _until_told(work) -> None:
    import asyncio
    import contextlib
    import signal

    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
