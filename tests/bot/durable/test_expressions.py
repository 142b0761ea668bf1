from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durable import expressions
from bot.durable.errors import Unsupported

EVENT = {
    "id": "e1",
    "name": "app/user.created",
    "ts": 1_700_000_000_000,
    "user": {"plan": "pro"},
    "data": {
        "a": {"b": "yes", "a-b": [10, 20]},
        "n": 1,
        "half": 1.5,
        "flag": True,
        "off": False,
        "none": None,
        "tags": ["x", 1, {"k": 1}],
        "zero": 0,
        "empty": "",
    },
}


def value(text: str) -> Any:
    return expressions.compile(text).value(EVENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a\\n\\'\\u00e9\\x41\\101\\U0001F600'", "a\n'éAA😀"),
        ('"it\'s"', "it's"),
        ("-3", -3),
        ("1e3", 1000.0),
        ("9223372036854775807", 2**63 - 1),
        ("[1, 'a', null, [true]]", [1, "a", None, [True]]),
        ("[]", []),
        ("event.data.a.b", "yes"),
        ('event.data.a["a-b"][1]', 20),
        ("event.data.tags[2].k", 1),
        ("event.user.plan", "pro"),
        ("event.id + '/' + event.name", "e1/app/user.created"),
        ("event.ts", 1_700_000_000_000),
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("-7 / 2", -3),
        ("7 / -2", -3),
        ("-7 % 3", -1),
        ("7.0 / 2", 3.5),
        ("event.data.half + 1", 2.5),
        ("'n' + event.data.n", "n1"),
        ("'h' + 1.0 + true", "h1true"),
        ("size('abc') + size([1]) + event.data.tags.size()", 7),
        ("string(1.5) + string(2)", "1.52"),
        ("int('-12') + int(1.9)", -11),
        ("double('1.5')", 1.5),
        ("'ÄB'.lowerAscii()", "Äb"),
        ("'äb'.upperAscii()", "äB"),
        ("lowercase('ÄB') + uppercase('x')", "äbX"),
        ("event.data.flag ? 'a' : 'b'", "a"),
        ("false ? 1 : true ? 2 : 3", 2),
        ("event.data.region || 'eu'", "eu"),
        ("event.data.a.b && event.data.n", 1),
    ],
)
def test_an_expression_comes_to_a_value(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "event.data.a.b == 'yes'",
        "event.data.n == 1.0",
        "event.data.flag != 1",
        "event.data.tags == ['x', 1.0, event.data.tags[2]]",
        "1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3",
        "'a' < 'b' && 'b' >= 'b'",
        "!(event.data.n == 2)",
        "!!event.data.flag",
        "event.data.off || event.data.flag",
        "'x' in event.data.tags && 'b' in event.data.a",
        "1.0 in [1, 2]",
        "!(true in event.data.tags)",
        "has(event.data.none) && !has(event.data.gone)",
        "event.name.startsWith('app/') && event.name.endsWith('created')",
        "event.name.contains('user')",
        "true || 1 == 2 && false",
        "event.data.n == 1 ? true : false",
    ],
)
def test_it_holds(text: str) -> None:
    assert expressions.compile(text).holds(EVENT)


@pytest.mark.parametrize(
    "text",
    [
        "event.data.gone == 'yes'",
        "event.data.gone == event.data.away",
        "event.data.gone < 3",
        "event.data.gone >= 3",
        "3 > event.data.gone",
        "event.data.none < 3",
        "event.data.n < 'a'",
        "event.data.flag < 2",
        "event.data.gone.deeper[3].x == 1",
        "event.data.gone in event.data.tags",
        "'x' in event.data.gone",
        "event.data.gone.contains('x')",
        "event.data.n.startsWith('1')",
        "!event.data.gone",
    ],
)
def test_what_is_missing_or_does_not_fit_does_not_hold(text: str) -> None:
    assert not expressions.compile(text).holds(EVENT)


def test_what_is_missing_equals_null_and_differs_from_all_else() -> None:
    assert expressions.compile("event.data.gone == null").holds(EVENT)
    assert expressions.compile("event.data.none == null").holds(EVENT)
    assert expressions.compile("event.data.gone != 'yes'").holds(EVENT)
    assert not expressions.compile("event.data.gone != null").holds(EVENT)
    assert value("size(event.data.gone)") == 0


@pytest.mark.parametrize(
    "text",
    [
        "event.data.gone",
        "event.data.gone + '-' + event.id",
        "event.data.n / 0",
        "1.0 / 0",
        "1 % 0",
        "1.5 % 2",
        "'a' * 3",
        "'a' - 'b'",
        "9223372036854775807 + 1",
        "9223372036854775807 * 9223372036854775807",
        "1e308 * 10",
        "int('1e3')",
        "int('99999999999999999999')",
        "int(1e300)",
        "double('x')",
        "double(true)",
        "-'a'",
        "!1",
        "string([1])",
        "size(1)",
        "event.data.tags[99]",
        "event.data.tags['0']",
        "event.data.a[0]",
    ],
)
def test_a_key_is_null_where_names_or_types_do_not_fit(text: str) -> None:
    assert value(text) is None


def test_only_true_itself_holds() -> None:
    assert not expressions.compile("event.data.n").holds(EVENT)
    assert not expressions.compile("'true'").holds(EVENT)
    assert expressions.compile("event.data.flag").holds(EVENT)


def test_a_text_is_not_made_longer_than_a_limit() -> None:
    event = {"data": {"long": "x" * 40_000}}
    assert expressions.compile("event.data.long + 'y'").value(event) is not None
    assert expressions.compile("event.data.long + event.data.long").value(event) is None


def test_numbers_beyond_64_bits_are_compared_but_not_counted_with() -> None:
    event = {"data": {"big": 10**400, "inf": float("inf"), "nan": float("nan")}}
    assert expressions.compile("event.data.big > 1").holds(event)
    assert expressions.compile("event.data.big + 1").value(event) is None
    assert expressions.compile("event.data.big + 'x'").value(event) is None
    assert expressions.compile("double(event.data.big)").value(event) is None
    assert expressions.compile("int(event.data.inf)").value(event) is None
    assert expressions.compile("event.data.nan - 1").value(event) is None


def test_data_nested_beyond_the_stack_does_not_hold() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    event = {"data": {"a": deep, "b": [deep]}}
    assert not expressions.compile("event.data.a == event.data.b[0]").holds(event)


@pytest.mark.parametrize(
    ("text", "named", "at"),
    [
        ("foo(1)", "function 'foo'", 1),
        ("event.data.l.exists(x, x == 1)", "function 'exists'", 14),
        ("event.data.x.matches('^(a+)+$')", "function 'matches'", 14),
        ("date(event.ts) > now()", "function 'date'", 1),
        ("has(1)", "function 'has' with 1 argument", 1),
        ("has(event)", "function 'has'", 1),
        ("size()", "function 'size' with 0 arguments", 1),
        ("contains('a')", "function 'contains'", 1),
        ("'a'.string()", "function 'string'", 5),
        ("vars.x", "name 'vars'", 1),
        ("async.data.x == 1", "name 'async'", 1),
        ("event.dta.x", "field 'dta' of event", 7),
        ("event[0]", "field 0 of event", 7),
        ("event.data[event.name]", "an index", 12),
        ("event.data[1.5]", "index '1.5'", 12),
        ("[1, 2][0]", "an index", 8),
        ("'a'.b", "member 'b'", 5),
        ("1u", "'1u'", 1),
        ("0x1f", "'0x1f'", 1),
        ("r'a'", "name 'r'", 1),
        ("'''a'''", "'a'", 3),
        ("{'a': 1}", "'{'", 1),
        ("a = 1", "'='", 3),
        ("event.data.x ==", "the end", 16),
        ("", "the end", 1),
        ("(1", "')'", 3),
        ("1 2", "'2'", 3),
        ("[1,", "the end", 4),
        ("event.1", "'1' here", 7),
        ("'abc", '"\'"', 1),
        ("9223372036854775808", "number", 1),
        ("1e999", "number", 1),
        ("'a\\q'", "escape", 3),
        ("'\\ud800'", "escape", 2),
        ("(" * 60 + "1" + ")" * 60, "nesting", 51),
        ("!" * 60 + "true", "nesting", 65),
        ("1" + "+1" * 60, "nesting", 102),
        (" " * 2001, "over 2000 characters", 1),
    ],
)
def test_what_is_outside_the_subset_is_refused_by_name(
    text: str, named: str, at: int
) -> None:
    with pytest.raises(Unsupported) as refusal:
        expressions.compile(text)
    assert named in refusal.value.message
    assert f"(character {at})" in refusal.value.message
    assert refusal.value.hint


def test_two_events_are_compared_where_both_names_are_allowed() -> None:
    matched = expressions.compile(
        "event.data.id == async.data.id", names=("event", "async")
    )
    assert matched.holds({"data": {"id": 1}}, {"data": {"id": 1}})
    assert not matched.holds({"data": {"id": 1}}, {"data": {"id": 2}})
    assert not matched.holds({"data": {}}, {"data": {}})
    assert not matched.holds({"data": {"id": 1}})


@pytest.mark.parametrize(
    ("text", "join"),
    [
        ("event.data.a == async.data.b.c", (("data", "a"), ("data", "b", "c"))),
        ("async.data.b == event.user.id", (("user", "id"), ("data", "b"))),
        (
            "async.data.ok && (event.data.a == async.data.b)",
            (("data", "a"), ("data", "b")),
        ),
        ("event.data.a == async.data.b || true", None),
        ("!(event.data.a == async.data.b)", None),
        ("event.data.a != async.data.b", None),
        ("event.data.a == event.data.b", None),
        ("async.data.a == 'x'", None),
        ("event.data.a[0] == async.data.b", None),
        ("event == async", None),
        ("(event.data.a == async.data.b) == false", None),
    ],
)
def test_a_join_is_an_equality_that_has_to_hold(text: str, join: Any) -> None:
    assert expressions.compile(text, names=("event", "async")).join == join


NAMES = ["event", "async", "data", ".data", ".x", "['a-b']", "[0]", "true", "null"]
SIGNS = [*"()[].,?:!-+*/%<>{", "==", "!=", "<=", ">=", "&&", "||", " in "]
CALLS = ["size(", "has(", "string(", ".contains(", ".size()", "foo("]
LITERALS = ["1", "2.5", "1e400", "'a'", "'\\q'", "é"]
PIECES = st.sampled_from([*NAMES, *SIGNS, *CALLS, *LITERALS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "a-b", "data"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PLACES = st.sampled_from(["event.data", "event.data.x", "async.user", "event.ts[0]"])
ATOMS = PLACES | st.sampled_from(["1", "-2.5", "'a'", "null", "true", "1e308", "[1]"])
UNARY = ["!{}", "-{}", "size({})", "string({})", "int({})", "double({})"]
UNARY += ["({}).lowerAscii()", "({}).size()", "lowercase({})", "[{}]", "({})"]
BINARY = ["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", " in "]
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds(str.format, st.sampled_from(UNARY), inner)
        | st.builds("({}){}({})".format, inner, st.sampled_from(BINARY), inner)
        | st.builds("({}).contains({})".format, inner, inner)
        | st.builds("({}) ? ({}) : ({})".format, inner, inner, inner)
    ),
    max_leaves=8,
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    made = None
    with suppress(Unsupported):
        made = expressions.compile(text, names=("event", "async"))
    assert made is None or made.text == text


@given(EXPRESSIONS, JSON, JSON)
def test_what_compiles_never_raises(text: str, data: Any, other: Any) -> None:
    made = expressions.compile(text, names=("event", "async"))
    found = made.value({"data": data, "ts": other}, {"user": other})
    assert found is None or isinstance(found, bool | int | float | str | list | dict)
    assert made.holds({"data": data, "ts": other}) in (True, False)
