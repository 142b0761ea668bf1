"""``draper doctor``: each thing checked in a line, with what to do when it is wrong."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words: there are none."""


def run(args: argparse.Namespace) -> int:
    """Check everything; the status is 1 when something configured does not work."""
    import asyncio  # noqa: PLC0415 - `draper --help` must not pay for this

    from bot.cli import doctor_checks  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    del args
    return asyncio.run(doctor_checks.report(Settings()))
