"""The database goes away, the app stops: what was begun is finished, once."""

from tests.conftest import administer
from tests.scenarios.house import House, Opens
from tests.scenarios.test_stopping import money
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
SLOWLY = Reply(" ".join(f"slow{n}" for n in range(60)), pace_s=0.02)
CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = '{}' AND pid <> pg_backend_pid()
"""


async def test_every_connection_cut_in_mid_sentence_costs_no_answer(
    opens: Opens,
) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        house.claude.script(SLOWLY)
        await ana.writes(ASK)
        await ana.sees("slow0")
        await cut_off(house)
        await ana.sees(buttons=("5",))
        await house.rests()
        run = await house.run()
        assert run.status == "completed"
        assert sum("5" in seen.buttons for seen in ana.chat()) == 1
        book = await money(house, run.id)
        assert (book.reserved, book.held) == (0, 0)


async def cut_off(house: House) -> None:
    """Do to the app's connections what a restart of PostgreSQL does."""
    admin = house.urls.admin
    await administer(admin, CUT_OFF.format(admin.database))
    await house.owner.dispose()  # our own look behind the scenes was cut as well


async def test_a_message_that_came_while_the_app_was_down_is_answered(
    opens: Opens,
) -> None:
    async with opens() as house:
        ana = await house.member("telegram")
        await ana.writes("/status")
        await ana.sees("Nothing is being written")
    await ana.writes(ASK)
    async with opens():
        await ana.sees("You asked for", buttons=("5",))


async def test_a_stop_in_mid_sentence_ends_in_one_answer(opens: Opens) -> None:
    """Ctrl-C lets a step under way end; the next start does what is left."""
    async with opens() as house:
        ana = await house.member("slack")
        house.claude.script(SLOWLY)
        await ana.writes(ASK)
        await ana.sees("slow0")
    async with opens() as house:
        done = await ana.sees("slow59", buttons=("5",))
        await house.rests()
        assert len(ana.chat()) == 1
        assert house.claude.calls == 1  # not paid for twice
        await ana.presses("5", done)
        await ana.sees_change(done, "5 of 5")
