"""Ends in words, and deliveries that are given up in the end."""

from datetime import timedelta

import pytest

from agent.mailroom import ends, post_queries
from agent.mailroom.ends import ENDS, GAVE_UP, Reach
from agent.mailroom.schemas import Delivery
from channels.ends import End
from db.tenancy import system
from tests.agent.mailroom.test_resend import lost
from tests.agent.world import World
from tests.db.asking import run

OURS = {GAVE_UP, "file_late"}
"""What no messenger says."""


def test_every_end_of_a_door_has_words_and_no_others_do() -> None:
    assert set(ENDS) - OURS == {str(end) for end in End}


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("channel", ["telegram", "slack"])
def test_an_end_says_what_happened_and_what_helps(kind: str, channel: str) -> None:
    fate = ends.explained(channel, f"{kind}: as they said it")
    assert (fate.kind, fate.detail) == (kind, "as they said it")
    assert "{" not in fate.said + fate.helps
    assert not fate.said.endswith(".")
    assert fate.helps.endswith((".", "it."))


def test_words_of_no_known_kind_are_a_refusal() -> None:
    fate = ends.explained("slack", "ratio: 3")
    assert (fate.kind, fate.detail) == ("refused", "ratio: 3")


def test_a_revoked_token_makes_every_chat_of_it_useless() -> None:
    place = ("slack", "T1", "D1/")
    assert ends.unreachable(*place, "revoked: gone") == "slack/T1/"
    assert ends.unreachable(*place, "archived: gone") == "slack/T1/D1/"
    assert ends.explained("slack", "too_long: x").reach is Reach.MESSAGE


async def test_what_fails_for_a_day_ends_after_a_few_hundred_tries(
    world: World,
) -> None:
    which = await lost(world)
    await run(world.owner, "UPDATE deliveries SET status = 'planned'")
    tries, status, waited = 0, "planned", timedelta()
    while status == "planned":
        async with system(world.system, "worker") as session:
            [row] = await run(
                session, "SELECT * FROM deliveries WHERE id = :i", i=which
            )
            claimed = Delivery(
                id=which, channel=row.channel, account=row.account,
                recipient=row.recipient, payload=row.payload, partial=None, revision=0,
                sent_revision=None, external_id=None, attempts=row.attempts,
            )  # fmt: skip
            status = await post_queries.postpone(
                session, claimed, pause_s=5.0, error="unreachable: no route"
            )
        # As if the pause were over: all that was before is that much longer ago.
        [pause] = await run(
            world.owner,
            """UPDATE deliveries SET failing_since = failing_since
                   - greatest(not_before - now(), interval '0')
               WHERE id = :i RETURNING not_before - now() AS left""",
            i=which,
        )
        waited += pause.left
        tries += 1
        assert tries < 1000
    assert status == "failed"
    assert timedelta(hours=24) <= waited < timedelta(hours=25)
    assert 100 < tries < 400
    [row] = await run(world.owner, "SELECT * FROM deliveries WHERE id = :i", i=which)
    assert row.last_error == "gave_up: unreachable: no route"
