"""``draper route``: one message a line in, one decision a line out."""

import argparse
import json
import sys
from collections.abc import Iterator

from bot.cli.skills import add_folder, load
from bot.router import Route, Router, rule


def add(parser: argparse.ArgumentParser) -> None:
    """Say which words the command takes."""
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """Print a JSON line for every line of standard input, as soon as it is read."""
    router = Router([rule(skill) for skill in load(args)])
    for text in _messages():
        said = json.dumps(shown(text, router.route(text)), ensure_ascii=False)
        sys.stdout.buffer.write(said.encode() + b"\n")
        sys.stdout.buffer.flush()
    return 0


def shown(text: str, route: Route) -> dict[str, object]:
    """The decision as the command prints it."""
    return {
        "text": text,
        "skill": route.skill,
        "method": route.method,
        "confidence": route.confidence,
        "alternatives": list(route.alternatives),
        "reasons": list(route.reasons),
    }


def _messages() -> Iterator[str]:
    for line in iter(sys.stdin.buffer.readline, b""):
        yield line.decode(errors="replace").rstrip("\r\n")
