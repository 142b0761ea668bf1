"""Slack teams that install the app themselves: what they see, and what is kept."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio

from bot.settings import Access, Intake
from bot.slack_endings import REVOKED, UNINSTALLED
from db.server_bootstrap import Urls
from tests.scenarios.house import House, Opens, Outside, slack_settings
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.people import until
from tests.scenarios.slack_teams import ROWS, Browser, Team, an_app, said, team_in
from tests.scenarios.test_canaries import Canaries, files_with, rows_with
from tests.standins.slack.oauth import CLIENT_SECRET

COOKIE = "slack-app-oauth-state"


class Whole(Canaries):
    """The stand-in's secrets are short: each is looked for whole."""

    def found_in(self, text: str) -> list[str]:
        return [
            where
            for where, secret in self.planted.items()
            if secret in text or secret.encode().hex() in text
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(
    server: Urls, bare_template: Urls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """One app for the file; each test has a team of its own."""
    home = tmp_path_factory.mktemp("home")
    async with an_app(server, bare_template, home) as house:
        yield house


@pytest.fixture
def team(app: House) -> Iterator[Team]:
    app.outside.calm()
    yield team_in(app)
    app.outside.calm()
    app.slack.oauth.rotates = False


async def test_a_team_installs_the_app_and_is_answered_there(team: Team) -> None:
    house = team.house
    browser = Browser(house)
    owner = await browser.signs_in()
    page = await browser.installs(team.zen, team.zena)
    row = await team.row()
    zena = team.somebody()
    await zena.commands("help")
    await zena.sees("what you need")

    assert "I am in Zen" in page
    assert (row.status, row.workspace_id) == ("active", owner.workspace_id)
    assert row.settings["bot"] == house.slack.bot
    token = team.install.token
    assert token.encode() not in bytes(row.secret_ciphertext)
    assert "chat:write" in row.scopes


async def test_a_team_that_removes_the_app_ends_and_its_owner_is_told_elsewhere(
    team: Team,
) -> None:
    house = team.house
    browser = Browser(house)
    owner = await browser.signs_in()
    await browser.installs(team.zen, team.zena)
    elsewhere = house.stranger("telegram")
    await house.introduce(elsewhere, owner)
    await elsewhere.writes("/help")
    await elsewhere.sees("what you need")
    zena = team.somebody()
    await zena.writes("write homepage copy for Acme, a payroll tool")
    await zena.sees("")
    house.slack.uninstall(team.zen)
    await elsewhere.sees("removed", "Zen")
    await house.rests()

    row = await team.row()
    assert (row.status, row.secret_ciphertext) == ("revoked", None)
    assert row.last_error in {UNINSTALLED, REVOKED}  # two events tell of it
    told = [one for one in elsewhere.chat() if one.has("removed", "Zen")]
    assert len(told) == 1
    ends = await house.rows(
        "SELECT DISTINCT status, last_error FROM deliveries WHERE account = :account"
        " AND status NOT IN ('sent', 'cancelled')",
        account=team.zen,
    )
    assert {one.status for one in ends} == {"failed"}
    assert all(str(one.last_error).startswith("revoked:") for one in ends)

    page = await browser.installs(team.zen, team.zena)
    assert "I am in Zen" in page
    assert (await team.row()).status == "active"
    await zena.commands("help")
    await zena.sees("what you need")


async def test_a_token_that_slack_no_longer_takes_ends_without_an_event(
    team: Team,
) -> None:
    house = team.house
    browser = Browser(house)
    await browser.signs_in()
    await browser.installs(team.zen, team.zena)
    zena = team.somebody()
    team.install.fault = "token_revoked"
    await zena.writes("hello")
    await house.rests()

    row = await team.row()
    assert (row.status, row.secret_ciphertext) == ("revoked", None)
    assert row.last_error == REVOKED


async def test_a_permission_that_was_never_given_ends_the_answer_with_its_reason(
    team: Team,
) -> None:
    house = team.house
    browser = Browser(house)
    await browser.signs_in()
    await browser.installs(team.zen, team.zena)
    team.install.scopes.remove("chat:write")
    zena = team.somebody()
    await zena.writes("/help")
    await house.rests()

    assert zena.chat() == []
    ends = await house.rows(
        "SELECT status, last_error FROM deliveries WHERE account = :account",
        account=team.zen,
    )
    assert {one.status for one in ends} == {"failed"}
    assert all(one.last_error.startswith("scope: ") for one in ends)
    assert all(one.last_error.endswith("(chat:write)") for one in ends)
    assert (await team.row()).status == "active"


async def test_tokens_that_rotate_are_renewed_before_their_end(team: Team) -> None:
    house = team.house
    house.slack.oauth.rotates = True
    browser = Browser(house)
    await browser.signs_in()
    await browser.installs(team.zen, team.zena)
    install = team.install
    before, spent = install.token, install.refresh
    await house.rows(
        "UPDATE connections SET expires_at = now() + interval '1 hour'"
        " WHERE account_id = :account",
        account=team.zen,
    )
    zena = team.somebody()
    await zena.commands("help")
    await zena.sees("what you need")

    assert install.spent == {spent}
    assert install.token != before
    assert (await team.row()).refresh_ciphertext is not None
    [hours] = await house.rows(
        "SELECT extract(epoch FROM expires_at - now()) / 3600 AS left"
        " FROM connections WHERE account_id = :account",
        account=team.zen,
    )
    assert 11 < hours.left <= 12


async def test_no_token_code_or_state_is_found_anywhere_in_clear(
    team: Team, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)  # of libraries nothing below it is written
    house, install = team.house, Browser(team.house)
    house.slack.oauth.rotates = True
    await install.signs_in()
    back = house.slack.oauth.approve(
        await install.asks(), team=team.zen, user=team.zena
    )
    canaries = Whole(house)
    for name, value in parse_qsl(urlsplit(back).query):
        canaries.word(name, value)
    await install.goes(back)
    canaries.word("token", team.install.token)
    canaries.word("refresh", team.install.refresh)
    canaries.word("the app's secret", CLIENT_SECRET)
    zena = team.somebody()
    await zena.commands("help")
    await zena.sees("what you need")
    await house.rests()
    assert {"code", "state", "token", "refresh"} <= canaries.planted.keys()
    assert await rows_with(house, canaries) == []
    assert files_with(house, canaries) == []
    shown = capfd.readouterr()
    assert canaries.found_in(shown.out + shown.err + caplog.text) == []


async def test_each_team_is_spoken_to_by_its_own_token(team: Team) -> None:
    house = team.house
    corp = team_in(house, "E", "Corp")
    for one in (team, corp):
        browser = Browser(house)
        await browser.signs_in()
        await browser.installs(one.zen, one.zena)
        await one.somebody().writes("/help")
        await one.somebody().sees("what you need")

    homes = {(await one.row()).workspace_id for one in (team, corp)}
    assert len(homes) == 2
    assert (await corp.row()).account_name == "Corp"


async def test_a_stranger_is_sent_to_sign_in_and_to_no_slack(team: Team) -> None:
    house = team.house
    answer = await Browser(house).goes("/slack/install")

    assert answer.status_code == 403
    assert "Sign in as its owner or admin" in said(answer)
    assert "/signin?to=slack" in answer.text


async def test_signing_in_on_the_way_leads_to_a_page_of_ours_first(team: Team) -> None:
    house = team.house
    browser = Browser(house)
    code = await house.code("login", await house.enrol())
    answer = await browser.posts("/signin", code=code, to="slack")
    page = await browser.goes(answer.headers["location"])

    # By a redirect the browser would go nowhere: our forms lead to us alone.
    assert page.status_code == 200
    assert "It will work with the workspace Team" in said(page)
    assert 'href="/slack/install"' in page.text


async def test_in_open_mode_a_stranger_s_team_gets_a_workspace_of_its_own(
    server: Urls, bare_template: Urls, tmp_path: Path
) -> None:
    async with an_app(server, bare_template, tmp_path, Access.OPEN) as house:
        team = team_in(house)
        page = await Browser(house).installs(team.zen, team.zena)
        assert "I am in Zen" in page
        [row] = await house.rows(
            "SELECT w.name, m.role FROM connections c"
            " JOIN workspaces w ON w.id = c.workspace_id"
            " JOIN workspace_members m ON m.workspace_id = w.id"
            " WHERE c.account_id = :account",
            account=team.zen,
        )
        assert (row.name, row.role) == ("Zen", "owner")
        await team.somebody().commands("help")
        await team.somebody().sees("what you need")


async def test_whatever_goes_wrong_on_the_way_is_said_and_nothing_is_kept(
    team: Team,
) -> None:
    house = team.house
    browser, other = Browser(house), Browser(house)
    await browser.signs_in()
    oauth = house.slack.oauth

    denied = await browser.goes(oauth.deny(await browser.asks()))
    assert "You did not let Slack go on" in said(denied)

    foreign = await other.goes(oauth.approve(await browser.asks()))
    assert "another browser" in said(foreign)

    late = oauth.approve(await browser.asks())
    await house.rows("UPDATE link_codes SET expires_at = now() WHERE used_at IS NULL")
    assert "took too long" in said(await browser.goes(late))

    bent = oauth.approve(await browser.asks()).replace("code=code", "code=bad")
    assert "did not accept" in said(await browser.goes(bent))

    house.slack.fail(method="oauth.v2.access", drop=True)
    silent = await browser.goes(oauth.approve(await browser.asks()))
    assert (silent.status_code, "gave no answer" in said(silent)) == (503, True)

    no_code = await browser.goes(
        f"/slack/oauth_redirect?state={await state_of(browser)}"
    )
    assert "not whole" in said(no_code)
    assert await house.rows(ROWS, account=team.zen) == []


async def state_of(browser: Browser) -> str:
    found = re.search(r"state=([^&]+)", await browser.asks())
    assert found is not None
    return found[1]


async def test_a_state_serves_once(team: Team) -> None:
    house = team.house
    browser = Browser(house)
    await browser.signs_in()
    back = house.slack.oauth.approve(
        await browser.asks(), team=team.zen, user=team.zena
    )
    state = browser.cookies[COOKIE]
    assert "I am in Zen" in said(await browser.goes(back))
    browser.cookies[COOKIE] = state
    assert "done already" in said(await browser.goes(back))


async def test_a_code_serves_once(team: Team) -> None:
    house = team.house
    browser = Browser(house)
    await browser.signs_in()
    first = house.slack.oauth.approve(
        await browser.asks(), team=team.zen, user=team.zena
    )
    await browser.goes(first)
    code = re.search(r"code=(\w+)", first)
    assert code is not None
    again = await browser.goes(
        f"/slack/oauth_redirect?{code[0]}&state={await state_of(browser)}"
    )
    assert "did not accept" in said(again)
    assert (await team.row()).status == "active"


async def test_who_asks_again_and_again_waits_for_a_minute(team: Team) -> None:
    house = team.house
    browser = Browser(house)
    await browser.signs_in()
    answers = [await browser.goes("/slack/install") for _ in range(12)]

    assert answers[0].status_code == 302
    assert answers[-1].status_code == 429
    assert "Wait a minute" in said(answers[-1])


async def test_a_team_of_another_workspace_and_a_mere_member_are_refused(
    team: Team,
) -> None:
    house = team.house
    first, second, third = Browser(house), Browser(house), Browser(house)
    owner = await first.signs_in()
    await second.signs_in()
    await third.signs_in(role="member", workspace=owner.workspace_id)
    await first.installs(team.zen, team.zena)

    assert "works with another workspace already" in await second.installs(
        team.zen, team.zena
    )
    assert (await team.row()).workspace_id == owner.workspace_id
    refused = await third.goes("/slack/install")
    assert "takes an owner or admin" in said(refused)


async def test_slack_s_check_of_our_address_is_answered_before_any_token_is_set(
    opens: Opens, outside: Outside
) -> None:
    given = slack_settings(
        outside, bot_token=None, app_token=None, intake=Intake.WEBHOOK
    )
    async with opens(slack=given) as house:
        slack = house.slack
        slack.post_events_to(f"{house.url}/slack/events")
        delivery = slack._deliver(
            "events_api", {"type": "url_verification", "challenge": "3eZbrw1aB"}
        )
        await until(lambda: delivery.answers, "no answer")
        assert delivery.answers == ["200"]


async def test_in_a_thread_where_slack_takes_no_command_a_mention_does_it(
    house: House,
) -> None:
    group = house.group("slack")
    ana = await house.member("slack", group)
    assert isinstance(ana, OnSlack)
    root = await ana.writes("lunch?")
    await ana.writes("@draper /help", thread=root)
    await ana.sees("what you need")
    [message] = house.slack.messages(group, root)[2:]
    assert message.thread == root
