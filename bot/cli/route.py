"""``draper route``: one message a line in, one decision a line out."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.llm.embedder import Embedder
from bot.cli.route_report import report
from bot.cli.route_stages import stages
from bot.cli.skills import add_folder, load
from bot.router import Route, Router, rule


def add(parser: argparse.ArgumentParser) -> None:
    """Say which words the command takes."""
    parser.add_argument(
        "message", nargs="?", help="the message; without it, lines of standard input"
    )
    parser.add_argument(
        "--explain", action="store_true", help="show every stage, scores and reasons"
    )
    parser.add_argument(
        "--file", type=Path, help="a set of messages to score: JSON lines, text, skill"
    )
    parser.add_argument(
        "--embedder", action="store_true", help="rank by meaning, too (draper[embed])"
    )
    add_folder(parser)


def run(args: argparse.Namespace) -> int:
    """Route what is given: a message, a set to score, or each line as it is read."""
    rules = [rule(skill) for skill in load(args)]
    router = Router(rules, embedder=_embedder() if args.embedder else None)
    if args.file:
        _say(report(router, args.file.read_text("utf-8")))
    elif args.explain:
        for text in [args.message] if args.message else _messages():
            _say("\n".join(stages(router, text)))
    elif args.message:
        _say(_line(router, args.message))
    else:
        for text in _messages():
            _say(_line(router, text))
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
        "scores": dict(route.scores),
        "wants_model": route.wants_model,
    }


def _line(router: Router, text: str) -> str:
    return json.dumps(shown(text, router.route(text)), ensure_ascii=False)


def _embedder() -> Embedder:
    # Reading the settings loads pydantic; without an embedder none are needed.
    from bot.settings import Settings  # noqa: PLC0415
    from bot.wiring.embedders import minilm  # noqa: PLC0415

    return minilm(Settings().home)


def _say(line: str) -> None:
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _messages() -> Iterator[str]:
    for line in iter(sys.stdin.buffer.readline, b""):
        yield line.decode(errors="replace").rstrip("\r\n")
