"""``draper chat``: talk to Draper in this terminal."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """It takes no words."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Talk until the person leaves; return the exit status."""
    from bot.cli.until_told import until_told  # noqa: PLC0415 - `--help` is light
    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415
    from bot.wiring import terminal  # noqa: PLC0415

    del args
    configure("WARNING", as_json=False)
    until_told(terminal.talk(Settings()))
    return 0
