"""``draper run``: everything in one process, or one part of it."""

import argparse

PARTS = ("web", "worker", "chat")


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="part",
        choices=[*PARTS, []],
        help=f"one or more of {', '.join(PARTS)}; all of them when left out",
    )


def run(args: argparse.Namespace) -> int:
    """Run until told to stop; return the exit status."""
    from bot.cli.until_told import until_told  # noqa: PLC0415 - `--help` is light
    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415
    from bot.wiring import processes  # noqa: PLC0415

    settings = Settings()
    configure(settings.log_level, as_json=settings.log_json)
    chosen = args.parts or PARTS
    parts = processes.Parts(*(part in chosen for part in PARTS))
    until_told(processes.run(settings, parts))
    return 0
