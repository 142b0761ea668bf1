"""``draper db``: upgrade, look inside, back up, restore."""

import argparse
from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    what = parser.add_subparsers(dest="what", required=True, metavar="what")
    what.add_parser("upgrade", help="bring the tables to what this version needs")
    sql = what.add_parser("sql", help="answer a statement, or open psql")
    sql.add_argument("statement", nargs="?", help="one SQL statement")
    sql.add_argument("--write", action="store_true", help="allow changes")
    url = what.add_parser("url", help="print how to connect, password included")
    url.add_argument(
        "role", nargs="?", default="app", choices=("app", "system", "owner")
    )
    what.add_parser("roles", help="print the SQL that prepares a server of yours")
    backup = what.add_parser("backup", help="write database and files into one file")
    backup.add_argument("file", type=Path)
    restore = what.add_parser("restore", help="fill an empty data folder from a backup")
    restore.add_argument("file", type=Path)


def run(args: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    import asyncio  # noqa: PLC0415 - `draper --help` must not pay for this

    from bot.cli import db_commands  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    return asyncio.run(db_commands.do(args, Settings()))
