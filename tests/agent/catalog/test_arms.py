"""Drawn by lot: the same for the same, in proportion, and nobody is moved out."""

from uuid import UUID, uuid5

import pytest

from agent.catalog.arms import Unit, drawn, place, unit_of

SPACE = UUID(int=1)
UNITS = [Unit("client", uuid5(SPACE, str(at))) for at in range(2000)]
SALT = "a salt"


def share(percent: int, salt: str = SALT) -> set[Unit]:
    weights = {"control": 100 - percent, "candidate": percent}
    return {unit for unit in UNITS if drawn(salt, unit, weights) == "candidate"}


def test_the_same_unit_falls_on_the_same_side_in_any_order() -> None:
    one_way = {"control": 80, "candidate": 20}
    other_way = {"candidate": 20, "control": 80}
    for unit in UNITS[:50]:
        assert drawn(SALT, unit, one_way) == drawn(SALT, unit, other_way)
    assert place(SALT, UNITS[0]) == place(SALT, Unit("client", UNITS[0].id))


@pytest.mark.parametrize("percent", [1, 20, 50, 90])
def test_sides_have_their_proportion(percent: int) -> None:
    assert len(share(percent)) / len(UNITS) == pytest.approx(percent / 100, abs=0.03)


def test_a_larger_share_adds_and_moves_nobody_out() -> None:
    assert share(5) < share(20) < share(50)


def test_two_tests_draw_independently() -> None:
    both = share(50) & share(50, "another salt")
    assert len(both) / len(UNITS) == pytest.approx(0.25, abs=0.03)


def test_a_client_is_drawn_else_the_person_and_people_where_one_client_is_tested() -> (
    None
):
    client, user = UUID(int=2), UUID(int=3)
    assert unit_of(None, client, user) == Unit("client", client)
    assert unit_of(None, None, user) == Unit("user", user)
    assert unit_of(client, client, user) == Unit("user", user)
    assert place(SALT, Unit("client", user)) != place(SALT, Unit("user", user))
