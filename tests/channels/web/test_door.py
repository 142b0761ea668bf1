from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Channel, Outgoing
from channels.web.door import PAGE_CHARACTERS, WebDoor


@given(st.integers(0, 3), st.integers(-1, 1))
def test_pages_lose_nothing(whole: int, more: int) -> None:
    text = "abc" * PAGE_CHARACTERS
    text = text[: max(0, whole * PAGE_CHARACTERS + more)]
    pages = WebDoor().pages(text)
    assert "".join(pages) == text
    assert all(len(page) <= PAGE_CHARACTERS for page in pages)
    assert pages


async def test_a_message_has_arrived_once_its_row_is_there() -> None:
    door: Channel = WebDoor()
    message = Outgoing(account="", chat="user-1", markdown="Hello")
    external_id = await door.send(message)
    assert external_id
    await door.edit(message, external_id)
    assert (await door.ping()).ok
