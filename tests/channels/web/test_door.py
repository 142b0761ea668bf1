from channels.contract import Channel, Outgoing
from channels.web.door import PAGE_CHARACTERS, WebDoor


def test_a_text_of_any_likely_length_is_one_page() -> None:
    text = "word " * (PAGE_CHARACTERS // 5 - 1)
    assert WebDoor().pages(text) == [text.rstrip()]
    assert WebDoor().pages("") == [""]


def test_what_would_choke_a_browser_is_cut_and_nothing_is_lost() -> None:
    pages = WebDoor().pages("word\n\n" * PAGE_CHARACTERS)
    assert all(len(page) <= PAGE_CHARACTERS for page in pages)
    assert sum(page.count("word") for page in pages) == PAGE_CHARACTERS


async def test_a_message_has_arrived_once_its_row_is_there() -> None:
    door: Channel = WebDoor()
    message = Outgoing(account="", chat="user-1", markdown="Hello")
    external_id = await door.send(message)
    assert external_id
    await door.edit(message, external_id)
    assert (await door.ping()).ok
