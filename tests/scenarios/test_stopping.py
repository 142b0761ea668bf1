"""Stop, start again, and what that costs."""

from typing import Any

from tests.scenarios.house import House
from tests.scenarios.people import Person
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(600)), pace_s=0.02)
STOPPED = "Stopped. Nothing more will be written"


async def money(house: House, run_id: Any) -> Any:
    """What the ledger and the budget say of a run."""
    [row] = await house.rows(
        """SELECT (SELECT count(*) FROM usage_records u WHERE u.run_id = r.id) AS calls,
             (SELECT coalesce(sum(u.output_tokens), 0) FROM usage_records u
              WHERE u.run_id = r.id) AS written,
             (SELECT coalesce(sum(p.reserved_usd), 0) FROM budget_periods p
              WHERE p.workspace_id = r.workspace_id) AS reserved,
             (SELECT count(*) FROM budget_reservations b
              WHERE b.run_id = r.id AND b.state = 'held') AS held
           FROM runs r WHERE r.id = :id""",
        id=run_id,
    )
    return row


async def stops_while_written(house: House, ana: Person) -> Any:
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0", buttons=("Stop",))
    await ana.presses("Stop", growing)
    stopped = await ana.sees_change(growing, STOPPED)
    assert stopped.buttons == ["Again"]
    await house.rests()
    return stopped


async def test_stop_ends_what_is_being_written(house: House, door: str) -> None:
    ana = await house.member(door)
    gone = house.claude.disconnects
    stopped = await stops_while_written(house, ana)
    assert stopped.has("slow0")  # what there was by then stays
    assert "slow599" not in stopped.text
    assert len(ana.chat()) == 1
    run = await house.run()
    assert run.status == "cancelled"
    assert house.claude.disconnects == gone + 1  # nobody pays for the rest
    spent = await money(house, run.id)
    assert (spent.calls, spent.reserved, spent.held) == (1, 0, 0)
    assert 0 < spent.written < 600


async def test_what_was_stopped_can_be_started_again(house: House, door: str) -> None:
    ana = await house.member(door)
    stopped = await stops_while_written(house, ana)
    await ana.presses("Again", stopped)
    await ana.sees("You asked for", "Acme", buttons=("5",))
    await house.rests()
    run = await house.run()
    assert (run.attempt, run.status) == (2, "completed")
    assert len(ana.chat()) == 1


async def test_cancel_stops_ones_latest_run(house: House) -> None:
    ana = await house.member("slack")
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0")
    await ana.commands("cancel")
    await ana.sees_change(growing, STOPPED)
    await ana.sees("Run #1 is stopped")
    await ana.commands("cancel 1")
    await ana.sees("Run #1 is cancelled already", "retry")


async def test_the_word_stop_stops_and_is_not_added_to_the_request(
    house: House,
) -> None:
    ana = await house.member("telegram")
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    growing = await ana.sees("slow0")
    await ana.writes("stop")
    await ana.sees_change(growing, STOPPED)
    await house.rests()
    run = await house.run()
    assert (run.attempt, run.status) == (1, "cancelled")


async def test_a_run_that_waits_its_turn_can_be_stopped(house: House) -> None:
    """Runs of one conversation are written one after the other."""
    ana = await house.member("telegram")
    house.claude.script(SLOWLY)
    await ana.writes(ASK)
    await ana.sees("slow0")
    calls = house.claude.calls
    await ana.writes("write homepage copy for Bolt, a scooter for nurses")
    await ana.commands("status")
    listed = await ana.sees("Working on", "#1", "#2", buttons=("Stop #2",))
    await ana.presses("Stop #2", listed)
    await ana.sees("Run #2 is stopped")
    await ana.presses("Stop #1", listed)
    await ana.sees("Run #1 is stopped")
    await house.rests()
    assert house.claude.calls == calls
    run = await house.run()
    assert (run.number, run.status) == (2, "cancelled")
    assert (await money(house, run.id)).calls == 0


async def test_two_people_stop_one_run(house: House, messenger: str) -> None:
    group = house.group(messenger)
    account = await house.enrol()
    ana, bob = house.stranger(messenger, group), house.stranger(messenger, group)
    await house.introduce(ana, account)
    await house.introduce(bob, await house.enrol(workspace=account.workspace_id))
    mention = "@draper_bot" if messenger == "telegram" else "@draper"
    house.claude.script(SLOWLY)
    await ana.writes(f"{mention} {ASK}")
    growing = await ana.sees("slow0", buttons=("Stop",))
    await ana.press(growing, "Stop")
    await bob.press(growing, "Stop")
    await ana.sees_change(growing, STOPPED)
    await bob.is_told("is cancelled already")
    await house.rests()
    assert (await house.run()).status == "cancelled"


async def test_what_has_ended_cannot_be_stopped(house: House) -> None:
    ana = await house.member("web")
    await ana.writes(ASK)
    await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    await ana.commands("cancel 1")
    await ana.sees("Run #1 is completed already")


async def test_stop_pressed_as_it_ends_changes_nothing(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.writes(ASK)
    placeholder = await ana.sees("Working on it", buttons=("Stop",))
    done = await ana.sees("You asked for", buttons=("5",))
    await house.rests()
    assert done.ref == placeholder.ref
    if door == "slack":  # an old button still says what it said
        [value] = await house.rows("SELECT id FROM deliveries ORDER BY id DESC LIMIT 1")
        await house.slack.press(done.ref, value=f"{value.id}:0", user=ana.identity[1])
        await ana.is_told("is completed already")
    await house.rests()
    assert ana.now(done).has("You asked for")
