"""For any text, at every door: taken by the platform, nobody called, nothing lost.

The daily form tries a few dozen texts a door; ``-m long -s`` thousands, as a table.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from channels.contract import Button
from channels.healing import heal
from channels.slack import render as slack
from tests.channels.documents import Document, documents, long_documents, lost
from tests.channels.reading import DOORS, Door, seen
from tests.standins.slack.blocks import pings

SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
EVERY_DAY, LONG_FORM, LONG_TEXTS = 40, 2000, 10
at_every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


def tries(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=SLOW)


def arrives(door: Door, document: Document) -> None:
    shown = "\n".join(map(door.read, door.pages(document.text)))

    assert lost(document, shown) == []


def can_be_shown_unfinished(door: Door, document: Document) -> None:
    """Wherever it stops: the platform takes it, and no one is called."""
    for share in (0.2, 0.5, 0.8, 1.0):
        beginning = document.text[: int(len(document.text) * share)]
        for page in door.pages(beginning)[:1]:
            door.draft(page)


def only_ever_grows(_: Door, document: Document) -> None:
    """No sign is shown that the finished text does not have at that very place."""
    whole = seen(document.text)
    for end in range(1, len(document.text), 3):
        beginning = document.text[:end]
        # A bracket just closed may be a link's or a bracket: it stays what it is.
        assert beginning.endswith("]") or whole.startswith(seen(heal(beginning)))


@at_every_door
@given(document=documents())
@tries(EVERY_DAY)
def test_any_text_arrives_whole_and_calls_nobody(
    door: Door, document: Document
) -> None:
    arrives(door, document)


@at_every_door
@given(document=documents())
@tries(EVERY_DAY // 2)
def test_any_beginning_of_a_text_can_be_shown(door: Door, document: Document) -> None:
    can_be_shown_unfinished(door, document)


@given(document=documents(nasty=False, most=3))
@tries(EVERY_DAY // 4)
def test_a_text_that_grows_takes_nothing_back(document: Document) -> None:
    only_ever_grows(DOORS[0], document)


@given(document=documents(nasty=False))
@tries(EVERY_DAY * 2)
def test_a_finished_text_needs_no_healing(document: Document) -> None:
    assert heal(document.text) == document.text
    assert heal(document.text + "\n") == document.text + "\n"


@given(document=documents(), share=st.floats(0, 1))
@tries(EVERY_DAY * 2)
def test_what_was_healed_needs_no_more(document: Document, share: float) -> None:
    healed = heal(document.text[: int(len(document.text) * share)])

    assert heal(healed + "\n\n") == healed + "\n\n"


@given(label=documents())
@tries(EVERY_DAY)
def test_no_label_of_a_button_calls_anybody(label: Document) -> None:
    said = f"<!channel> {label.text}"
    for block in slack.actions([Button(said, "p"), Button(f"@here {said}", "p")]):
        for element in block["elements"]:
            assert pings(element["text"]["text"], [], links_names=True) == []


Property = Callable[[Door, Document], None]
PROPERTIES: dict[str, tuple[Property, st.SearchStrategy[Document], int]] = {
    "arrives whole, is taken, calls nobody": (arrives, documents(), LONG_FORM),
    "the same of 40,000 characters": (arrives, long_documents(), LONG_TEXTS),
    "any beginning can be shown": (can_be_shown_unfinished, documents(), LONG_FORM),
}


@pytest.mark.long
@pytest.mark.parametrize("name", PROPERTIES)
@at_every_door
def test_thousands_of_texts(door: Door, name: str) -> None:
    check, texts, count = PROPERTIES[name]
    tried = _tried(check, door, texts, count)
    print(f"| {door.name} | {name} | {tried} |")  # noqa: T201


@pytest.mark.long
def test_hundreds_of_texts_grow() -> None:
    texts = documents(nasty=False, most=4)
    tried = _tried(only_ever_grows, DOORS[0], texts, 200)
    print(f"| web | a text that grows takes nothing back | {tried} |")  # noqa: T201


def _tried(
    check: Property, door: Door, texts: st.SearchStrategy[Document], count: int
) -> str:
    """Try them all; how many there were, and how many failed."""
    seen_so_far: Counter[str] = Counter()
    worst: list[str] = []

    @given(texts)
    @settings(tries(count), phases=[Phase.generate], database=None)
    def every(document: Document) -> None:
        seen_so_far["tried"] += 1
        try:
            check(door, document)
        except Exception as error:  # noqa: BLE001 - counted, and told below
            worst.append(f"{error!r:.200} in {document.text!a:.600}")

    every()
    assert not worst, f"{len(worst)} of {seen_so_far['tried']}: {min(worst, key=len)}"
    return f"{seen_so_far['tried']:,} | {len(worst)}"
