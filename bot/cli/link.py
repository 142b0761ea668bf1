"""``draper link``: another way in, when the printed one is used up or too old."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """It takes no words."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Print it; return the exit status."""
    from bot.cli.until_told import until_told  # noqa: PLC0415 - `--help` is light
    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415
    from bot.wiring import arrival  # noqa: PLC0415

    del args
    configure("WARNING", as_json=False)
    until_told(arrival.print_another(Settings()))
    return 0
