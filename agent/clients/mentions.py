"""Which brand a text is about, found without asking for its name.

Nothing is kept between calls: the text's own runs of words are looked up among the
workspace's slugs, by their index. So a brand renamed or archived a moment ago, by
whichever process, is right at once, and one workspace's names can never answer another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import queries
from agent.clients.names import Word, readings, words

_CUES = frozenset({"for", "about", "of", "client", "brand", "behalf", "per", "para"})
"""Words after which people name whom a text is for."""
_BETWEEN = frozenset({"the", "our", "my", "client", "brand", "company"})
_STRONGEST = 2
OFFERED = 6
"""The most brands a question offers."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand that a text may mean."""

    id: UUID
    name: str
    slug: str
    version: int
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says about whom it is for."""

    fits: tuple[Brand, ...] = ()
    """The brands that may be meant."""
    is_sure: bool = True
    """False: one fits, but the words may be ordinary ones."""
    is_current_there: bool = True
    """Whether the brand talked about so far is still in use."""


@dataclass(frozen=True, slots=True)
class _Mention:
    brand: Brand
    first: int
    end: int
    weight: int


async def found(
    session: AsyncSession, text: str, *, current: UUID | None = None
) -> Found:
    """The brands that ``text`` names: in full, or else by how their name begins.

    The longest name at a place wins. Names after "for" or with "'s" outweigh others.
    """
    said = words(text)
    read, phrases = readings(said), dict(_phrases(said))
    begins = [run if "-" in run else f"{run}-" for run in phrases]
    rows, begun = await queries.said(session, list(read), begins, current)
    known = [Brand(**row) for row in rows]
    is_there = current is None or any(
        brand.id == current and not brand.is_archived for brand in known
    )
    named = _strongest(_longest(_mentions(known, said, read)))
    if named:
        return Found(tuple(named), is_current_there=is_there)
    fits, is_sure = _begun([Brand(**row) for row in begun], phrases)
    return Found(fits, is_sure=is_sure, is_current_there=is_there)


def _mentions(
    known: Sequence[Brand],
    said: Sequence[Word],
    read: Mapping[str, list[tuple[int, int]]],
) -> list[_Mention]:
    return [
        _Mention(brand, first, end, weight)
        for brand in known
        for first, end in read.get(brand.slug, ())
        if (weight := _weight(said, first, end)) > 0
    ]


def _weight(said: Sequence[Word], first: int, end: int) -> int:
    """0: an ordinary word; 1: a name; 2: a name that the text is for."""
    if _cued(said, first) or said[end - 1].is_possessive:
        return _STRONGEST
    is_name = end - first > 1 or said[first].is_capital
    return int(is_name or not any(word.is_capital for word in said))


def _cued(said: Sequence[Word], first: int) -> bool:
    at = first - 1
    while at > 0 and said[at].forms & _BETWEEN and not said[at].ends:
        if said[at].forms & _CUES:
            return True
        at -= 1
    return at >= 0 and bool(said[at].forms & _CUES) and not said[at].ends


def _longest(mentions: Sequence[_Mention]) -> list[_Mention]:
    kept: list[_Mention] = []
    for one in sorted(mentions, key=lambda each: each.first - each.end):
        if all(one.end <= other.first or one.first >= other.end for other in kept):
            kept.append(one)
    return kept


def _strongest(mentions: Sequence[_Mention]) -> list[Brand]:
    most = max((one.weight for one in mentions), default=0)
    named = [one for one in mentions if one.weight == most]
    in_order = sorted(named, key=lambda one: one.first)
    return list({one.brand.id: one.brand for one in in_order}.values())


def _begun(
    fits: Sequence[Brand], phrases: Mapping[str, bool]
) -> tuple[tuple[Brand, ...], bool]:
    """The brands whose name begins with what a "for ..." phrase says, and how sure."""
    if not phrases:
        return (), True
    in_use = [brand for brand in fits if not brand.is_archived]
    begun = [phrase for phrase in phrases if fits and fits[0].slug.startswith(phrase)]
    is_sure = any(phrases[phrase] for phrase in begun)
    return tuple((in_use or list(fits))[:OFFERED]), is_sure


def _phrases(said: Sequence[Word]) -> list[tuple[str, bool]]:
    """What stands whole behind a cue, and whether it looks like a name."""
    phrases = []
    for first in range(len(said)):
        if not _cued(said, first):
            continue
        inside = list(takewhile(lambda word: not _closes(word), said[first:]))
        phrase = said[first : first + len(inside) + 1][:4]
        if phrase and _closes(phrase[-1]) and not phrase[0].forms & _BETWEEN:
            run = "-".join(min(word.forms, key=len) for word in phrase)
            phrases.append((run, all(word.is_capital for word in phrase)))
    return phrases


def _closes(word: Word) -> bool:
    return word.ends or word.is_possessive
