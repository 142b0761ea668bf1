from collections.abc import AsyncIterator

import pytest

from channels.contract import Button, MaybeSent, Outgoing
from channels.telegram.rich import rich
from channels.telegram.send import TelegramChannel
from tests.standins.telegram import Fault, Telegram

TABLE = "## Prices\n\n| tea | price |\n|---|--:|\n| **Chai** | [2](https://a.io) |"


def refused() -> Fault:
    why = "Bad Request: RICH_MESSAGE_TABLE_INVALID"
    return Fault(method="sendRichMessage", status=400, description=why)


def out(markdown: str, *, partial: bool = False) -> Outgoing:
    buttons = (Button("1", "d:0"),)
    return Outgoing(Telegram.token, "42", markdown, buttons=buttons, partial=partial)


@pytest.fixture
async def channel(tg: Telegram) -> AsyncIterator[TelegramChannel]:
    async with TelegramChannel(tg.token, base_url=tg.base_url, rich=True) as door:
        yield door


def methods(tg: Telegram) -> list[str]:
    return [call.method for call in tg.calls]


async def test_a_table_is_sent_as_a_table(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out(TABLE))

    [seen] = tg.replies()
    assert str(seen.message_id) == sent
    assert "<table>" in seen.rich
    assert '<td align="right"><a href="https://a.io">2</a></td>' in seen.rich
    assert seen.labels == [["1"]]


async def test_a_plain_text_goes_out_as_it_always_did(
    tg: Telegram, channel: TelegramChannel
) -> None:
    await channel.send(out("A **bold** word"))

    [seen] = tg.replies()
    assert (seen.rich, seen.text) == ("", "A bold word")


async def test_a_draft_is_plain_and_its_last_edit_is_rich(
    tg: Telegram, channel: TelegramChannel
) -> None:
    sent = await channel.send(out("## Prices\n\n| tea", partial=True))
    [seen] = tg.replies()
    assert (seen.rich, seen.text) == ("", "Prices")

    await channel.edit(out(TABLE), sent)
    await channel.edit(out(TABLE), sent)

    [seen] = tg.replies()
    assert "<table>" in seen.rich


async def test_a_refused_rich_message_arrives_with_entities(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.faults.append(refused())

    await channel.send(out(TABLE))

    [seen] = tg.replies()
    assert seen.rich == ""
    assert "Chai" in seen.text
    assert "text_link" in {mark["type"] for mark in seen.entities}


async def test_all_else_refused_the_words_arrive(
    tg: Telegram, channel: TelegramChannel
) -> None:
    tg.faults += [
        refused(),
        Fault(
            method="sendMessage",
            status=400,
            description="Bad Request: can't parse entities: no",
        ),
    ]

    await channel.send(out(TABLE))

    [seen] = tg.replies()
    assert (seen.text, seen.entities) == (TABLE, [])


async def test_an_old_server_is_asked_once(
    tg: Telegram, channel: TelegramChannel
) -> None:
    unknown = Fault(method="sendRichMessage", status=404, description="Not Found")
    tg.faults.append(unknown)

    await channel.send(out(TABLE))
    await channel.send(out(TABLE))

    assert methods(tg) == ["sendRichMessage", "sendMessage", "sendMessage"]


async def test_what_may_have_arrived_is_not_sent_in_another_form(tg: Telegram) -> None:
    tg.faults.append(Fault(method="sendRichMessage", drop="after"))
    async with TelegramChannel(tg.token, base_url=tg.base_url, rich=True) as door:
        with pytest.raises(MaybeSent):
            await door.send(out(TABLE))

    assert len(tg.replies()) == 1


def test_nobody_is_called_from_a_rich_message() -> None:
    made = rich("# [Ana](tg://user?id=1) @somebody\n\n<a href='tg://user?id=2'>x</a>")

    assert made is not None
    assert made["skip_entity_detection"] is True
    assert "<a" not in made["html"]


def test_a_text_from_the_right_is_said_to_be_one() -> None:
    assert (rich("# שלום") or {}).get("is_rtl") is True
    assert "is_rtl" not in (rich("# Hello שלום") or {})


@pytest.mark.parametrize(
    "over",
    [
        "|" + " a |" * 21 + "\n|" + "---|" * 21,
        "- x\n" * 600,
        ">" * 20 + " deep\n\n# x",
    ],
)
def test_what_is_over_a_limit_goes_the_usual_way(over: str) -> None:
    assert rich(over) is None
