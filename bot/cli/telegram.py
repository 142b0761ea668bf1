"""``draper telegram setup``: tell Telegram about the bot, and prove that it holds."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    what = parser.add_subparsers(dest="what", required=True, metavar="what")
    what.add_parser(
        "setup",
        help="set the menus, the descriptions and the webhook, as .env says; "
        "done again, it changes only what differs",
    )


def run(args: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    import asyncio  # noqa: PLC0415 - `draper --help` must not pay for this

    from bot.cli import telegram_setup  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    del args
    return asyncio.run(telegram_setup.report(Settings()))
