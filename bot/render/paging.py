"""The button under a list that does not end here."""

from agent.mailroom.schemas import Choice
from agent.shapes import Page

LAST_ROW = 9
"""Of the buttons under a message: below all others."""


def more(operation: str, page: Page, **also: object) -> tuple[Choice, ...]:
    """The button that shows a list's next page, if there is one.

    ``also`` are the list's other parameters, so that it stays the same list.
    """
    if not page.next_cursor:
        return ()
    params = {**also, "cursor": page.next_cursor}
    return (Choice("More", operation, params, row=LAST_ROW),)
