"""kill -9 at every named fault point between the inbox and the delivery.

Every fifth point each day, all of them in ``make torture``, the doors rotating;
``bench/faults.py`` visits every point at every door.
"""

import pytest

from db import faultpoints
from tests.faults.books import assert_one_piece, assert_one_rating
from tests.faults.conftest import Opens
from tests.faults.crash import (
    ASSISTS,
    CHECKS,
    ENGINE_ONLY,
    FILES,
    PIECE,
    REMOTE,
    REQUESTS,
    STAGES,
    WAITS,
    crash,
)
from tests.faults.world import DOORS
from tests.forms import short_form

FINISHED = {"write.settled", "deliver.stored", "deliver.shown", "post.recorded"}
"""Points where the model has been paid and that has been written down."""


def test_every_fault_point_is_on_the_way_or_known_to_be_elsewhere() -> None:
    elsewhere = ENGINE_ONLY | REMOTE | WAITS | CHECKS | ASSISTS | STAGES | FILES
    assert set(REQUESTS) == faultpoints.POINTS - elsewhere
    assert elsewhere <= faultpoints.POINTS


@pytest.mark.parametrize("point", short_form(REQUESTS, REQUESTS[::9]))
async def test_killed_anywhere_the_piece_arrives_whole_and_once(
    opens: Opens, point: str
) -> None:
    at = REQUESTS.index(point)
    site = await opens(DOORS[at % len(DOORS)])
    site.script()
    found = await crash(site, PIECE, point)
    assert (found.shown.lost, found.shown.twice, found.shown.files) == (0, 0, 1)
    assert found.shown.notices == 0
    assert found.calls <= (1 if point in FINISHED else 2)
    await assert_one_piece(site)
    await site.ana.presses("5")
    await site.ana.sees("You gave this 5 of 5")
    await assert_one_rating(site, 5)
