"""docs/skills.md says what the skills' folders hold."""

from pathlib import Path

from agent.catalog.library import markdown
from agent.catalog.skillfile import load
from bot.surfaces import snapshot
from tests.agent.catalog.making import make


def test_the_table_is_what_the_folders_hold_today() -> None:
    written = snapshot.LIBRARY.read_text("utf-8")
    assert written == snapshot.library_page(), "run `make catalogue`"


def test_every_figure_is_counted_from_the_files(tmp_path: Path) -> None:
    rules = (
        "| id | severity | check | rule | why |\n|---|---|---|---|---|\n"
        "| K01 | must | `code: max-words 9` | Short. | So. |\n"
        "| K02 | must | judge | Warm enough? | So. |\n"
        "| K03 | must | judge | Full? | So. |\n"
    )
    files = {"RULES.md": rules, "references/lids.md": "one two three"}
    skill = load(make(tmp_path, head={"type": "with_rules"}, files=files))
    [row] = [line for line in markdown([skill]).splitlines() if "| kettles |" in line]
    words = len(skill.body.split()) + 4 + 3
    assert row == (
        f"| kettles | 1.2.0 | rules | fast | {words} | 1 | 2 | 3 | 1 | 30 | 36 | 6 |"
    )
