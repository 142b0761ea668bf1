"""``draper slack manifest``: what to paste at api.slack.com/apps."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    what = parser.add_subparsers(dest="what", required=True, metavar="what")
    manifest = what.add_parser(
        "manifest", help="print the app's manifest, to paste at api.slack.com/apps"
    )
    manifest.add_argument("--name", default="Draper", help="what the app is called")
    manifest.add_argument(
        "--events-url",
        metavar="URL",
        help="where Slack posts everything; PUBLIC_URL/slack/events where "
        "SLACK_INTAKE is webhook, else Socket Mode",
    )
    manifest.add_argument(
        "--skills", action="store_true", help="a command for each skill, besides"
    )
    manifest.add_argument(
        "--rotate",
        action="store_true",
        help="tokens that live for twelve hours, for SLACK_CLIENT_ID; Slack never lets "
        "an app go back from that",
    )


def run(args: argparse.Namespace) -> int:
    """Print it; return the exit status."""
    from bot.cli import slack_manifest  # noqa: PLC0415 - `draper --help` is light
    from bot.settings import Settings  # noqa: PLC0415

    slack_manifest.show(
        Settings(),
        name=args.name,
        events_url=args.events_url,
        with_skills=args.skills,
        rotates=args.rotate,
    )
    return 0
