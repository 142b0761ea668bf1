"""``draper slack manifest``, and what the doctor asks Slack, at the wire."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from agent.catalog.skillfile import load_all
from agent.operation import Surface
from agent.ports import Clock
from agent.registry import on
from agent.vault import installations
from agent.vault.installations import Grant, Home
from agent.vault.keys import InstallationKey
from bot.cli import main, slack_checks, slack_manifest, slack_teams
from bot.cli.refusal import Refusal
from bot.doctor import examine
from bot.ports import SystemClock, TimeOrderedIds
from bot.settings import Intake, Settings
from bot.settings import Slack as Given
from bot.surfaces import chat
from channels.contract import Health
from channels.slack.manifest import SCOPES
from db.server_bootstrap import Urls
from db.tenancy import system
from tests.seeds import ACME, ANA
from tests.standins.slack import Slack
from tests.standins.slack.oauth import CLIENT_ID, CLIENT_SECRET, CONFIG_TOKEN, Install
from tests.standins.slack.state import APP

PUBLIC = "https://draper.example"
KEY = "A" * 43 + "="


def settings(slack: Slack | None = None, **changes: Any) -> Settings:
    top = {
        name: changes.pop(name)
        for name in ("public_url", "database_system_url", "database_url", "key")
        if name in changes
    }
    plain: dict[str, Any] = {}
    if slack is not None:
        plain = {
            "bot_token": SecretStr(slack.bot_token),
            "app_token": SecretStr(slack.app_token),
            "signing_secret": SecretStr(slack.secret),
            "base_url": slack.base_url,
        }
    given = Given(_env_file=None, **{**plain, **changes})
    return Settings(_env_file=None, slack=given, **top)


def shown(given: Settings, capsys: pytest.CaptureFixture[str], **asked: Any) -> Any:
    slack_manifest.show(given, **asked)
    return json.loads(capsys.readouterr().out)


async def examined(given: Settings, *, is_running: bool = False) -> dict[str, Health]:
    checks = slack_checks.checks(given, is_running=is_running)
    return {check.name: health async for check, health in examine(checks)}


def test_the_manifest_goes_by_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    socket = shown(settings(), capsys)
    posted = shown(settings(intake=Intake.WEBHOOK, public_url=f"{PUBLIC}/"), capsys)

    assert socket["settings"]["socket_mode_enabled"] is True
    assert "redirect_urls" not in socket["oauth_config"]
    [command] = posted["features"]["slash_commands"]
    assert command["url"] == f"{PUBLIC}/slack/events"
    assert posted["oauth_config"]["redirect_urls"] == [f"{PUBLIC}/slack/oauth_redirect"]
    assert posted["settings"]["org_deploy_enabled"] is True


def test_the_one_command_hints_at_verbs_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    [command] = shown(settings(), capsys)["features"]["slash_commands"]

    assert command["command"] == "/draper"
    for verb in slack_manifest.HINTED:
        assert verb in command["usage_hint"]


def test_every_operation_of_a_chat_is_typed_by_the_one_command() -> None:
    for op in on(Surface.CHAT):
        assert op.command is not None
        # What follows tells apart those of the same words: "/rules 12", "/rules tea".
        read = [
            chat.read(chat.words(f"/draper {op.command.words} {rest}") or "")
            for rest in ("something or other", "12")
        ]
        assert op in [one.op for one in read if one is not None]


def test_each_skill_is_a_command_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = shown(settings(), capsys, with_skills=True)["features"]["slash_commands"]
    skills = {f"/{file.name}" for file in load_all(Path("skills"))[0]}

    assert {one["command"] for one in found} == {"/draper", *skills}
    assert all(one["description"].endswith(".") for one in found[1:])


def test_what_slack_would_not_take_is_refused_before_it_is_pasted() -> None:
    with pytest.raises(Refusal, match="names of 1 to 35"):
        slack_manifest.show(settings(), name="Draper " * 6)
    with pytest.raises(Refusal, match="SLACK_CLIENT_ID"):
        slack_manifest.show(settings(), rotates=True)
    with pytest.raises(Refusal, match="PUBLIC_URL is not set"):
        slack_manifest.show(settings(intake=Intake.WEBHOOK))


def test_the_command_prints_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["slack", "manifest", "--name", "Yaz", "--events-url", f"{PUBLIC}/x"]
    assert main(words) == 0
    made = json.loads(capsys.readouterr().out)

    assert made["display_information"]["name"] == "Yaz"
    assert made["settings"]["interactivity"]["request_url"] == f"{PUBLIC}/x"


async def test_all_is_well_with_one_workspace_and_socket_mode() -> None:
    async with Slack() as slack:
        found = await examined(settings(slack))

    assert {name for name, health in found.items() if health.ok} == found.keys()
    assert set(found) == {"slack", "slack socket mode", "slack clock"}


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"app_token": None}, "slack socket mode", "SLACK_APP_TOKEN is not set"),
        ({"app_token": SecretStr("xapp-x")}, "slack socket mode", "does not accept"),
        ({"client_id": "1"}, "slack app", "only one is set"),
        (
            {"client_id": CLIENT_ID, "client_secret": SecretStr("x")},
            "slack app",
            "bad_client_secret",
        ),
        (
            {"intake": Intake.WEBHOOK, "signing_secret": None},
            "slack signing secret",
            "not set",
        ),
        (
            {"intake": Intake.WEBHOOK, "public_url": ""},
            "slack address",
            "PUBLIC_URL is not set",
        ),
        ({"config_token": SecretStr("x")}, "slack manifest", "SLACK_APP_ID"),
        (
            {"config_token": SecretStr("x"), "app_id": APP},
            "slack manifest",
            "invalid_auth",
        ),
    ],
)
async def test_what_is_wrong_is_named_with_its_fix(
    changes: dict[str, Any], check: str, said: str
) -> None:
    async with Slack() as slack:
        given = settings(slack, **{"public_url": PUBLIC, **changes})
        health = (await examined(given))[check]

    assert not health.ok
    assert said in health.detail
    assert health.hint


async def test_a_scope_that_is_lacking_is_named() -> None:
    async with Slack() as slack:
        slack.world.scopes.remove("files:write")
        health = (await examined(settings(slack)))["slack"]

    assert (health.ok, "files:write" in health.hint) == (False, True)


async def test_good_app_secrets_are_proved_without_installing_anything() -> None:
    async with Slack() as slack:
        given = settings(
            slack,
            client_id=CLIENT_ID,
            client_secret=SecretStr(CLIENT_SECRET),
            public_url=PUBLIC,
        )
        health = (await examined(given))["slack app"]

        assert health.ok
        assert f"{PUBLIC}/slack/install" in health.detail
        assert slack.oauth.installs == {}


async def test_an_app_that_is_behind_its_manifest_is_told_what_it_lacks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Slack() as slack:
        given = settings(slack, config_token=SecretStr(CONFIG_TOKEN), app_id=APP)
        made = shown(given, capsys)
        slack.oauth.manifest = made
        good = (await examined(given))["slack manifest"]
        made["settings"]["event_subscriptions"]["bot_events"].remove("app_mention")
        made["oauth_config"]["scopes"]["bot"].remove("files:read")
        made["settings"]["interactivity"]["is_enabled"] = False
        made["settings"]["socket_mode_enabled"] = False
        del made["features"]["agent_view"]
        bad = (await examined(given))["slack manifest"]

    assert good.ok, good
    assert not bad.ok
    for lack in ("app_mention", "files:read", "interactivity", "Socket Mode is off"):
        assert lack in bad.detail
    assert "agent_view" in bad.detail
    assert "draper slack manifest" in bad.hint


def clock() -> Clock:
    return SystemClock()


async def test_each_team_that_installed_the_app_is_proved_by_its_own_token(
    database: Urls,
) -> None:
    async with Slack() as slack:
        given = settings(
            slack,
            database_url=database.app,
            database_system_url=database.system,
            key=SecretStr(KEY),
            client_id=CLIENT_ID,
        )
        for account, name, scopes in (
            ("T0ZEN", "Zen", list(SCOPES)),
            ("T0OLD", "Old", ["chat:write"]),
            ("T0OUT", "Out", list(SCOPES)),
        ):
            token = f"xoxb-{account}"
            slack.oauth.installs[account] = Install(account, name, scopes, token)
            await _keep(database, Grant("slack", account, name, "UB", token))
        await _end(database, "T0OUT")
        checks = await slack_teams.checks(given)
        found = {check.name: health async for check, health in examine(checks)}

    assert found["slack Zen"].ok
    assert (found["slack Old"].ok, "commands" in found["slack Old"].hint) == (
        False,
        True,
    )
    assert found["slack Out"] == Health(ok=True, detail="removed there (T0OUT)")
    assert found["slack events"].detail.startswith("none has come yet")


async def _keep(database: Urls, grant: Grant) -> None:
    engine = create_async_engine(database.system)
    home = Home(TimeOrderedIds().new(), ACME, ANA)
    async with system(engine, "vault") as session:
        key = InstallationKey.from_text(KEY)
        await installations.save(session, key, home, grant, clock().now())
    await engine.dispose()


async def _end(database: Urls, account: str) -> None:
    engine = create_async_engine(database.system)
    async with system(engine, "vault") as session:
        await installations.end(session, "slack", account, "gone", clock().now())
    await engine.dispose()
