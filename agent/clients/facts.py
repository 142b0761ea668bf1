"""What can be known of a brand: seven parts, and the columns that hold them.

A fact is shown and told as text. A part of several lines is a list where its column is
one. What the first interview kept in ``extra`` is read there until the next version,
which moves it into its column.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import BadInput

Columns = Mapping[str, Any]
"""A version's own columns, without its number, author and summary."""

Row = dict[str, Any]
"""A row that has a version's columns, among others."""

TEXTS = (
    *("company_name", "industry", "location", "business_description", "positioning"),
    *("unique_value_proposition", "pricing_model", "pricing_info"),
)
LISTS = (
    *("key_differentiators", "value_propositions", "target_industries"),
    *("messaging_pillars", "tone_keywords"),
)
JSON_LISTS = ("features", "products")
JSON_MAPS = ("brand_voice", "brand_colors", "sources", "extra")
COLUMNS = (*TEXTS, *LISTS, *JSON_LISTS, *JSON_MAPS)

EMPTY: Columns = (
    dict.fromkeys(TEXTS)
    | {name: [] for name in (*LISTS, *JSON_LISTS)}
    | {name: {} for name in JSON_MAPS}
)

MOST = 2_000
"""Characters of one fact: a profile is read whole, each time something is written."""

Read = Callable[[Any], str]
Write = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of a brand."""

    field: str
    part: str
    label: str
    column: str
    read: Read
    """The column's value as text; empty for nothing."""
    write: Write
    """The column's next value, of the present one and a text."""


@dataclass(frozen=True, slots=True)
class Part:
    """A seventh of a profile."""

    name: str
    title: str
    says: str
    """Other words for it, apart by blanks."""


class TooLong(BadInput):
    """More than a profile holds of one thing."""

    code = "fact_too_long"

    def __init__(self, label: str, size: int) -> None:
        """Name it, and the limit."""
        super().__init__(
            f"{label}: {size:,} characters are too many for a profile.",
            hint=f"Say it in {MOST:,} at most.",
        )


def _text(value: Any) -> str:
    return value or ""


def _lines(value: Any) -> str:
    return "\n".join(value or ())


def _to_lines(_: Any, text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]


def _named(value: Any) -> str:
    told = ("name", "benefit", "description", "price", "proof")
    return "\n".join(
        ": ".join(str(one[key]) for key in told if one.get(key)) for one in value or ()
    )


def _to_named(_: Any, text: str) -> list[dict[str, str]]:
    return [{"name": line} for line in _to_lines(None, text)]


def _colours(value: Any) -> str:
    return "\n".join(f"{role} {colour}" for role, colour in (value or {}).items())


_HEX = re.compile(
    r"([^\s,;:=#][^,;:=#\n]*?)?[\s:=]*(#(?:[0-9a-f]{6}|[0-9a-f]{3}))\b", re.IGNORECASE
)


def _to_colours(_: Any, text: str) -> dict[str, str]:
    found = [(role.strip().casefold(), code) for role, code in _HEX.findall(text)]
    if text.strip() and not found:
        raise BadInput(
            "I find no colour in that.", hint="Write them so: primary #1a73e8."
        )
    return {
        role or f"colour {at}": code.lower()
        for at, (role, code) in enumerate(found, start=1)
    }


def _inside(key: str, read: Read, write: Write) -> tuple[Read, Write]:
    """A fact that is one entry of a map."""

    def read_one(value: Any) -> str:
        return read((value or {}).get(key))

    def write_one(value: Any, text: str) -> Any:
        rest = {name: kept for name, kept in (value or {}).items() if name != key}
        return rest | {key: write((value or {}).get(key), text)} if text else rest

    return read_one, write_one


def _plain(_: Any, text: str) -> str | None:
    return text or None


_TEXT = (_text, _plain)
_LIST = (_lines, _to_lines)

PARTS = (
    Part("about", "About", "business description"),
    Part("offer", "Offer and prices", "offers offering products product services"),
    Part("audience", "Audience", "audiences customers buyers customer icp"),
    Part("positioning", "Positioning", "position usp promise"),
    Part("voice", "Voice", "tone style sound"),
    Part("proof", "Proof and messages", "proofs evidence"),
    Part("look", "Look", "looks design visuals"),
)

FACTS = (
    Fact("about", "about", "What it is", "business_description", *_TEXT),
    Fact("company", "about", "Company", "company_name", *_TEXT),
    Fact("industry", "about", "Industry", "industry", *_TEXT),
    Fact("location", "about", "Location", "location", *_TEXT),
    Fact("offer", "offer", "What it sells", "products", _named, _to_named),
    Fact("price", "offer", "Price", "pricing_info", *_TEXT),
    Fact("terms", "offer", "How it is paid", "pricing_model", *_TEXT),
    Fact("audience", "audience", "For whom", "target_industries", *_LIST),
    Fact("positioning", "positioning", "Where it stands", "positioning", *_TEXT),
    Fact("edge", "positioning", "Why them", "unique_value_proposition", *_TEXT),
    Fact("differences", "positioning", "Unlike others", "key_differentiators", *_LIST),
    Fact("voice", "voice", "How it sounds", "brand_voice", *_inside("summary", *_TEXT)),
    Fact("manner", "voice", "In a word", "tone_keywords", *_LIST),
    Fact("always", "voice", "Always", "brand_voice", *_inside("do", *_LIST)),
    Fact("avoid", "voice", "Never say", "brand_voice", *_inside("dont", *_LIST)),
    Fact("sample", "voice", "Sounds like", "brand_voice", *_inside("samples", *_LIST)),
    Fact("proof", "proof", "What proves it", "value_propositions", *_LIST),
    Fact("messages", "proof", "What to say", "messaging_pillars", *_LIST),
    Fact("features", "proof", "What it can do", "features", _named, _to_named),
    Fact("look", "look", "How it looks", "extra", *_inside("look", *_TEXT)),
    Fact("colours", "look", "Colours", "brand_colors", _colours, _to_colours),
)

BY_FIELD = {fact.field: fact for fact in FACTS}

OLD = ("offer", "audience", "edge", "voice", "avoid")
"""What the first interview kept in ``extra``."""

_SYNONYMS = {
    **{word: part.name for part in PARTS for word in part.says.split()},
    **dict.fromkeys(("prices", "pricing", "cost"), "price"),
    **dict.fromkeys(("colors", "colour", "color", "brand colours"), "colours"),
    **dict.fromkeys(("never say", "taboo", "taboos", "forbidden"), "avoid"),
    "industries": "industry",
    "message": "messages",
    "usps": "edge",
    "edges": "edge",
}

WORDS = "|".join(
    sorted(
        {*BY_FIELD, *_SYNONYMS, *(part.name for part in PARTS)},
        key=lambda word: (-len(word), word),
    )
)
"""Every word for a fact or part, as alternatives of a pattern."""

_REFUSES = re.compile(
    r"\s*(?:no|never|avoid|don['\u2019]?t|do not|without)\s", re.IGNORECASE
)


class NoSuchPart(BadInput):
    """A word that names no part of a profile."""

    code = "no_such_part"

    def __init__(self, word: str) -> None:
        """Name those there are."""
        there = ", ".join(fact.field for fact in FACTS)
        super().__init__(f"A profile has no {word[:40]!r}.", hint=f"It has: {there}.")


def columns(row: Row) -> dict[str, Any]:
    """A version's columns as they are; a brand without a version has empty ones."""
    return {
        name: row[name] if row[name] is not None else EMPTY[name] for name in COLUMNS
    }


def settled(row: Row) -> dict[str, Any]:
    """The columns, with what the first interview kept moved to where it goes."""
    found = columns(row)
    extra = dict(found["extra"])
    for field in OLD:
        told = extra.pop(field, "")
        if told and not BY_FIELD[field].read(found[BY_FIELD[field].column]):
            found = _written(found, BY_FIELD[field], str(told))
    return found | {"extra": extra}


def told(columns: Columns) -> dict[str, str]:
    """What is known, by field, in the order of the facts."""
    read = {fact.field: fact.read(columns[fact.column]) for fact in FACTS}
    return {field: text for field, text in read.items() if text}


def fact(word: str) -> Fact:
    """The fact that a word means; a part's name means its first one.

    Raises:
        NoSuchPart: None.
    """
    plain = " ".join(word.casefold().split())
    found = BY_FIELD.get(plain) or BY_FIELD.get(_SYNONYMS.get(plain, plain))
    if found is None:
        raise NoSuchPart(word)
    return found


def title(fact: Fact) -> str:
    """What the part or fact is called in a sentence: ``Voice``, ``Price``."""
    part = next(part for part in PARTS if part.name == fact.part)
    return part.title if fact.field == part.name else fact.label


def meant(word: str, text: str) -> Fact:
    """As ``fact``; a voice told by what it must not do is one more taboo."""
    found = fact(word)
    refuses = found.field == "voice" and _REFUSES.match(text)
    return BY_FIELD["avoid"] if refuses else found


def written(columns: Columns, fact: Fact, text: str, *, adds: bool = False) -> Columns:
    """The columns with one fact told anew; an empty text takes it out.

    Args:
        columns: As they stand.
        fact: Which one.
        text: What is so now.
        adds: Whether it stands beside what was told before.

    Raises:
        TooLong: It is more than a profile holds.
        BadInput: It is no colour where colours are told.
    """
    plain = text.strip()
    before = fact.read(columns[fact.column]) if adds else ""
    if before and plain and plain.casefold() not in before.casefold().split("\n"):
        plain = f"{before}\n{plain}"
    elif before:
        plain = before
    if len(plain) > MOST:
        raise TooLong(fact.label, len(plain))
    return _written(columns, fact, plain)


def _written(columns: Columns, fact: Fact, text: str) -> dict[str, Any]:
    value = fact.write(columns[fact.column], text)
    return dict(columns) | {fact.column: value}
