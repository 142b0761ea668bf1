"""What docs/slack.md and docs/telegram.md have people do can be done as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from bot.cli import COMMANDS, main, slack_manifest
from bot.surfaces import chat

GUIDES = [Path("docs/slack.md"), Path("docs/telegram.md")]
LINE = re.compile(r"^\s*(\.venv/bin/draper .*)$", re.MULTILINE)
NAMED = re.compile(r"\b(?:(?:SLACK|TELEGRAM|DRAPER)_[A-Z_]+|PUBLIC_URL)\b")
TYPED = re.compile(r"`/draper ([a-z][^`<]*)`")
PLACES = re.compile(r"draper\.example(/[a-z_/]+)")


def lines() -> list[str]:
    return sorted(
        {line for guide in GUIDES for line in LINE.findall(guide.read_text())}
    )


def test_the_guides_have_people_run_something() -> None:
    assert {
        ".venv/bin/draper slack manifest",
        ".venv/bin/draper telegram setup",
    } <= set(lines())


@pytest.mark.parametrize("line", lines())
def test_every_command_in_them_is_one(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line)[1:]
    assert words[0] in COMMANDS
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert " ".join(words) in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--name", "--skills", "--rotate"])
def test_every_option_in_them_is_one(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert option in GUIDES[0].read_text()
    with pytest.raises(SystemExit):
        main(["slack", "manifest", "--help"])
    assert option in capsys.readouterr().out


@pytest.mark.parametrize("guide", GUIDES)
def test_every_setting_in_them_is_one(guide: Path) -> None:
    known = set(NAMED.findall(Path(".env.example").read_text()))
    assert set(NAMED.findall(guide.read_text())) <= known


def test_every_word_after_draper_in_them_is_understood() -> None:
    typed = TYPED.findall(GUIDES[0].read_text())
    assert typed
    for words in typed:
        said = chat.words(f"/draper {words}")
        assert said == "help" or chat.read(said or ""), words


def test_every_address_in_them_is_one_of_ours() -> None:
    from bot.web import slack_install  # noqa: PLC0415 - Bolt takes a moment

    named = set(PLACES.findall(GUIDES[0].read_text()))
    assert named == {slack_install.INSTALL}
    assert slack_manifest.REDIRECT == slack_install.REDIRECT
