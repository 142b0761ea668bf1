"""``draper skills``: what is in the catalogue's folder, and whether it is sound."""

import argparse
import sys
from itertools import groupby
from pathlib import Path

from agent.catalog.lint import lint
from agent.catalog.skillfile import SkillFile, load_all
from agent.errors import NotFound
from bot.astray import astray

_SUMMARY_CHARS = 72


def add(parser: argparse.ArgumentParser) -> None:
    """Say which words the command takes."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    listing = verbs.add_parser("list", help="show the skills by category")
    checking = verbs.add_parser("lint", help="check their files; status 1 if any fails")
    add_folder(listing)
    add_folder(checking)
    bringing = verbs.add_parser(
        "import", help="take somebody else's skill, look through it, keep it off"
    )
    bringing.add_argument("path", type=Path, help="a folder, a zip or a SKILL.md")
    trying = verbs.add_parser("try", help="work its cases; status 1 if any fails")
    trying.add_argument("name", help="the skill")
    trying.add_argument("--case", type=int, metavar="N", help="only the Nth case")
    trying.add_argument("--show", action="store_true", help="print the pieces, too")
    add_folder(trying)
    checking.add_argument(
        "names", nargs="*", metavar="skill", help="tell of these alone"
    )


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the option that names the skills folder."""
    parser.add_argument(
        "--skills", type=Path, help="the folder of skills (default: DRAPER_SKILLS)"
    )


def run(args: argparse.Namespace) -> int:
    """List the skills, say what is wrong with them, try one, or take one more."""
    if args.verb == "import":
        return _import(args)
    if args.verb == "try":
        return _try(args)
    return _lint(args) if args.verb == "lint" else _list(args)


def _import(args: argparse.Namespace) -> int:
    import asyncio  # noqa: PLC0415 - the other verbs start without all this

    from bot.cli.skills_import import bring  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    sys.stdout.write(asyncio.run(bring(args.path, Settings())) + "\n")
    return 0


def _try(args: argparse.Namespace) -> int:
    import asyncio  # noqa: PLC0415 - as above

    from bot.cli.skills_try import print_all  # noqa: PLC0415

    return asyncio.run(print_all(args, load(args)))


def load(args: argparse.Namespace) -> tuple[SkillFile, ...]:
    """The sound skills; what is wrong with the others goes to standard error.

    Raises:
        NotFound: There is not one sound skill.
    """
    root = folder(args)
    skills, problems = load_all(root)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not skills:
        raise NotFound(
            f"There is no sound skill in {root}.",
            hint="Point --skills or DRAPER_SKILLS at the folder of skills.",
        )
    return skills


def folder(args: argparse.Namespace) -> Path:
    """The skills folder asked for, else the one in the settings.

    A relative setting also holds below the project's root, so that the command works
    from any folder.
    """
    if args.skills:
        return Path(args.skills)
    # Reading the settings loads pydantic; `draper route --skills` starts without it.
    from bot.settings import Settings  # noqa: PLC0415

    chosen = Settings().skills
    beside = Path(__file__).resolve().parents[2] / chosen
    return beside if not chosen.is_dir() and beside.is_dir() else chosen


def _list(args: argparse.Namespace) -> int:
    skills = sorted(load(args), key=lambda skill: (skill.category, skill.name))
    for category, shelf in groupby(skills, key=lambda skill: skill.category):
        sys.stdout.write(f"\n{category.upper()}\n")
        for skill in shelf:
            sys.stdout.write(f"  {_row(skill)}\n")
    return 0


def _row(skill: SkillFile) -> str:
    summary = skill.description.partition(". ")[0]
    if len(summary) > _SUMMARY_CHARS:
        summary = summary[: _SUMMARY_CHARS - 3].rsplit(" ", 1)[0] + "..."
    phrases = f"{len(skill.triggers)} phrases"
    return (
        f"{skill.name:<20} {skill.version:<7} {skill.type:<10} {skill.tier:<8} "
        f"{phrases:<12} {summary}"
    )


def _lint(args: argparse.Namespace) -> int:
    root = folder(args)
    skills, _ = load_all(root)
    found = sorted([*lint(root), *astray(skills)])
    wanted = {*args.names}
    problems = [p for p in found if not wanted or p.file.split("/")[0] in wanted]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    count = f"{len(problems)} problems" if problems else "no problem"
    sys.stdout.write(f"{len(wanted) or len(skills)} skills read, {count}.\n")
    return 1 if problems else 0
