"""The command line: one module a command, and only the one asked for is imported.

``add(parser)`` names its words and must stay light; ``run(args)`` does it and returns
the exit status.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bot.cli.refusal import explain

COMMANDS = {
    "run": "Start Draper: web chat, messengers, runs, and its own database.",
    "chat": "Talk to Draper in this terminal.",
    "link": "Print a new sign-in link and pairing code.",
    "runs": "What is being worked on: list, show, cancel, retry.",
    "route": "Read messages, one a line, and say which skill each is for.",
    "engine": "Run the engine for functions of other processes, over HTTP.",
    "slack": "Set up Slack: print the app's manifest.",
    "telegram": "Set up Telegram: menus, descriptions, webhook.",
    "doctor": "Check the installation, and say what to do about what is wrong.",
    "db": "The database: upgrade, look inside, back up, restore.",
    "skills": "List the skills, check their files, try or import one.",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words ask; return the exit status.

    A failure is told in one line, what happened and what to do, with status 1.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    args = _parser(words).parse_args(words)
    try:
        status: int = import_module(f"bot.cli.{args.command}").run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `draper route | head`: nobody reads on, nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if args.trace:
            raise
        sys.stderr.write(f"draper: {' '.join(explain(error).split())}\n")
        return 1
    return status


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="draper", description="A marketing agent that lives in your team's chat."
    )
    parser.add_argument(
        "--trace", action="store_true", help="show where a failure came from"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    asked = next((word for word in words if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == asked:
            import_module(f"bot.cli.{name}").add(command)
    return parser
