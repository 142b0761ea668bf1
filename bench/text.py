"""How long a page of 4,000 characters takes at each door: ``python -m bench.text``."""

from collections.abc import Callable
from statistics import median
from time import process_time

from channels.contract import Outgoing
from channels.healing import heal
from channels.slack import render as slack
from channels.telegram import render as telegram
from channels.telegram.rich import rich
from channels.terminal.render import lines_of
from channels.web.render import to_html

PIECE = """## Spring menu, week 12

Three cups for people who *do not* have time, and **one** for those who take it. See
[the prices](https://example.org/prices?week=12) before you print.

- Masala chai, with `cardamom` and pepper
- Filter coffee, **strong**
  - with jaggery, on request

> "The first sip settles the day." - a regular

| Tea | Price |
|---|--:|
| Chai | 40 |
| Kahwa | 90 |

"""
PAGE = (PIECE * 12)[:4000].rsplit("\n\n", 1)[0]
TIMES = 10


def measure(call: Callable[[], object]) -> float:
    """The median of ``TIMES`` calls, in milliseconds of one core."""
    taken = []
    for _ in range(TIMES):
        began = process_time()
        call()
        taken.append((process_time() - began) * 1000)
    return median(taken)


def main() -> None:
    message = Outgoing("", "-1", PAGE)
    rows: dict[str, Callable[[], object]] = {
        "telegram, entities": lambda: telegram.versions(message),
        "telegram, rich": lambda: rich(PAGE),
        "slack, blocks": lambda: slack.rich(message),
        "slack, text field": lambda: slack.text(message),
        "web": lambda: to_html(PAGE),
        "terminal": lambda: lines_of(message, width=80),
        "healing": lambda: heal(PAGE + "\n\nand **one"),
        "telegram, 40,000 into pages": lambda: telegram.pages(PAGE * 10),
        "slack, 40,000 into pages": lambda: slack.pages(PAGE * 10),
    }
    print(f"A page of {len(PAGE):,} characters; median of {TIMES}.\n")
    print("| door | ms |\n|---|--:|")
    for name, call in rows.items():
        print(f"| {name} | {measure(call):.1f} |")


if __name__ == "__main__":
    main()
