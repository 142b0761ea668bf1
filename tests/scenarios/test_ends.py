"""A refused answer: it ends, /run says why, and another door has it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from agent.mailroom import ends
from tests.scenarios.house import House
from tests.scenarios.on_slack import OnSlack
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.people import LOOK_EVERY_S, PATIENCE_S, Person
from tests.standins.telegram import Fault

ASK = "write homepage copy for Acme, a payroll tool for clinics"
ALWAYS = 99


@dataclass(frozen=True)
class Case:
    """A way to fail at one door, and what it comes to."""

    end: str
    door: str
    break_: Callable[[House, Any], object]
    in_group: bool = False
    prefix: str = ""


def chat(code: int, words: str) -> Callable[[House, Any], object]:
    """Telegram refuses whatever concerns the chat."""

    def act(house: House, ana: OnTelegram) -> object:
        return house.telegram.refusing.update({ana.place: (code, words)})

    return act


def edit(words: str) -> Callable[[House, Any], object]:
    """Telegram takes the placeholder, and refuses its edits."""

    def act(house: House, ana: OnTelegram) -> object:
        fault = Fault("editMessageText", ALWAYS, 400, f"Bad Request: {words}")
        house.telegram.faults.append(fault)
        return fault

    return act


def slack(
    error: str, method: str = "chat.postMessage"
) -> Callable[[House, Any], object]:
    """Slack refuses with this code whatever goes to the place."""

    def act(house: House, ana: OnSlack) -> object:
        place = ana.channel or house.slack.dm(ana.user)
        return house.slack.fail(channel=place, error=error, times=ALWAYS)

    return act


def archived(house: House, ana: OnSlack) -> object:
    house.slack.world.rooms[ana.channel].archived = True
    return None


CASES = {
    "blocked": Case(
        "blocked", "telegram", lambda house, ana: house.telegram.blocked.add(ana.user)
    ),
    "deactivated": Case(
        "blocked", "telegram", chat(403, "Forbidden: user is deactivated")
    ),
    "chat-gone": Case(
        "chat_gone", "telegram", chat(400, "Bad Request: chat not found")
    ),
    "peer": Case("chat_gone", "telegram", chat(400, "Bad Request: PEER_ID_INVALID")),
    "too-long": Case("too_long", "telegram", edit("MESSAGE_TOO_LONG")),
    "token": Case("revoked", "telegram", chat(401, "Unauthorized")),
    "kicked": Case(
        "removed",
        "telegram",
        chat(403, "Forbidden: bot was kicked from the supergroup chat"),
        in_group=True,
    ),
    "no-rights": Case(
        "forbidden",
        "telegram",
        chat(400, "Bad Request: not enough rights to send text messages to the chat"),
        in_group=True,
    ),
    "topic-deleted": Case(
        "thread_gone",
        "telegram",
        chat(400, "Bad Request: message thread not found"),
        in_group=True,
    ),
    "topic-closed": Case(
        "thread_closed",
        "telegram",
        chat(400, "Bad Request: TOPIC_CLOSED"),
        in_group=True,
    ),
    "revoked": Case("revoked", "slack", slack("token_revoked")),
    "uninstalled": Case("revoked", "slack", slack("account_inactive")),
    "scope": Case("scope", "slack", slack("missing_scope")),
    "suspended": Case("suspended", "slack", slack("ekm_access_denied")),
    "not-granted": Case("suspended", "slack", slack("team_access_not_granted")),
    "thread": Case("thread_gone", "slack", slack("thread_not_found"), in_group=True),
    "archived": Case("archived", "slack", archived, in_group=True),
}


async def at_two_doors(house: House, case: Case) -> tuple[Person, Person]:
    """One person: where it fails, and where they can be reached."""
    other = "slack" if case.door == "telegram" else "telegram"
    group = house.group(case.door) if case.in_group else None
    account = await house.enrol()
    ana, elsewhere = house.stranger(case.door, group), house.stranger(other)
    await house.introduce(ana, account)
    await house.introduce(elsewhere, account)
    await elsewhere.commands("status")
    await elsewhere.sees("Workspace")
    return ana, elsewhere


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_refused_answer_ends_and_is_told_at_another_door(
    house: House, case: Case
) -> None:
    ana, elsewhere = await at_two_doors(house, case)
    house.claude.script("# Payday\n\nPay on time.")
    case.break_(house, ana)
    mention = "@draper_bot " if case.door == "telegram" else "@draper "
    await ana.writes(f"{mention if case.in_group else ''}{ASK}")
    why = ends.explained(case.door, f"{case.end}: ")
    told = await elsewhere.sees("did not take it", why.said, why.helps)
    await house.rests()
    run = await house.run()
    assert run.status == "completed"
    [lost] = await house.rows("SELECT * FROM deliveries WHERE run_id = :id", id=run.id)
    assert (lost.status, lost.last_error.partition(":")[0]) == ("failed", case.end)
    assert lost.attempts <= 3  # no loop
    if case.in_group and case.door == "telegram":
        # What is said in a closed group is not shown outside of it.
        assert told.buttons == []
        return
    await elsewhere.commands("run")
    seen = await elsewhere.sees(why.said, buttons=("Show it here", "Once more"))
    await elsewhere.presses("Show it here", told)
    shown = await elsewhere.sees("Pay on time", buttons=("1", "5"))
    await elsewhere.presses("5", shown)
    await elsewhere.sees_change(shown, "5 of 5")
    await elsewhere.presses("Show it here", seen)  # a second press shows nothing twice
    await elsewhere.is_told("nothing to send again")
    await house.rests()
    assert len([one for one in elsewhere.chat() if one.has("Pay on time")]) == 1
    assert len([one for one in elsewhere.chat() if one.has("did not take it")]) <= 2


async def test_a_messenger_that_is_down_is_tried_for_a_day_and_no_longer(
    house: House,
) -> None:
    ana, elsewhere = await at_two_doors(house, CASES["blocked"])
    house.claude.script("# Payday\n\nPay on time.")
    house.telegram.faults.append(Fault("sendMessage", ALWAYS, drop="before"))
    done = "SELECT count(*) FROM runs WHERE status = 'completed'"
    before = await house.asks(done)
    await ana.writes(ASK)
    async with asyncio.timeout(PATIENCE_S):
        while before == await house.asks(done):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)
    run = await house.run()
    await elsewhere.commands("run")
    await elsewhere.sees("does not stand in Telegram yet", "for a day at most")
    await house.rows(
        "UPDATE deliveries SET failing_since = now() - interval '25 hours',"
        " not_before = now() WHERE run_id = :id",
        id=run.id,
    )
    await elsewhere.sees("stopped trying", buttons=("Show it here",))
    house.telegram.faults.clear()
    await house.rests()
