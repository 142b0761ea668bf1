"""``draper runs``: what is being worked on in every workspace, stopped or retried."""

import argparse

STATUSES = (
    *("queued", "running", "waiting_approval", "waiting_input"),
    *("completed", "failed", "timeout", "cancelled"),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    what = parser.add_subparsers(dest="what", required=True, metavar="what")
    listing = what.add_parser("list", help="the latest runs, in every workspace")
    listing.add_argument("--status", default="", choices=STATUSES)
    listing.add_argument("--limit", type=_positive, default=20, metavar="n")
    listing.add_argument(
        "--stuck", action="store_true", help="only what should move, and does not"
    )
    listing.add_argument(
        "--engine",
        action="store_true",
        help="durable functions instead, with those that belong to no run",
    )
    _common(listing)
    for name, summary in (
        ("show", "one run: steps, times, errors, cost, and what it waits for"),
        ("cancel", "stop a run, and say so where it was asked for"),
        ("retry", "run it again, and say so where it was asked for"),
    ):
        command = what.add_parser(name, help=summary)
        command.add_argument("run", help="its number, its id, or how its id begins")
        _common(command)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workspace", default="", metavar="name", help="a name, a slug or an id"
    )
    command.add_argument("--json", action="store_true", help="for machines")


def _positive(given: str) -> int:
    if not given.isdecimal() or not int(given):
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return int(given)


def run(args: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    import asyncio  # noqa: PLC0415 - `draper --help` must not pay for this

    from bot.cli import run_commands  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    print(asyncio.run(run_commands.do(args, Settings())))  # noqa: T201 - the answer
    return 0
