"""Every refusal of the Bot API that a message can meet, and the end that it is."""

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from channels.contract import MaybeSent, MessageGone, NotSent, Refused, SendError
from channels.ends import End
from channels.telegram.wire import Flooded, outcome

CASES: tuple[tuple[TelegramError, End, type[SendError]], ...] = (
    (Forbidden("Forbidden: bot was blocked by the user"), End.BLOCKED, Refused),
    (Forbidden("Forbidden: user is deactivated"), End.BLOCKED, Refused),
    (
        Forbidden("Forbidden: bot can't initiate conversation with a user"),
        End.BLOCKED,
        Refused,
    ),
    (
        Forbidden("Forbidden: bot was kicked from the supergroup chat"),
        End.REMOVED,
        Refused,
    ),
    (
        Forbidden("Forbidden: bot is not a member of the channel chat"),
        End.REMOVED,
        Refused,
    ),
    (Forbidden("Forbidden: the group chat was deleted"), End.REMOVED, Refused),
    (BadRequest("Bad Request: CHANNEL_PRIVATE"), End.REMOVED, Refused),
    (BadRequest("Bad Request: chat not found"), End.CHAT_GONE, Refused),
    (BadRequest("Bad Request: PEER_ID_INVALID"), End.CHAT_GONE, Refused),
    (
        BadRequest("Bad Request: group chat was upgraded to a supergroup chat"),
        End.MOVED,
        Refused,
    ),
    (
        BadRequest("Bad Request: not enough rights to send text messages to the chat"),
        End.FORBIDDEN,
        Refused,
    ),
    (
        BadRequest("Bad Request: have no rights to send a message"),
        End.FORBIDDEN,
        Refused,
    ),
    (BadRequest("Bad Request: CHAT_WRITE_FORBIDDEN"), End.FORBIDDEN, Refused),
    (BadRequest("Bad Request: CHAT_SEND_DOCS_FORBIDDEN"), End.FORBIDDEN, Refused),
    (BadRequest("Bad Request: TOPIC_CLOSED"), End.THREAD_CLOSED, Refused),
    (BadRequest("Bad Request: TOPIC_DELETED"), End.THREAD_GONE, Refused),
    (BadRequest("Bad Request: message thread not found"), End.THREAD_GONE, Refused),
    (
        BadRequest("Bad Request: message to be replied not found"),
        End.THREAD_GONE,
        Refused,
    ),
    (
        BadRequest("Bad Request: message to edit not found"),
        End.MESSAGE_GONE,
        MessageGone,
    ),
    (BadRequest("Bad Request: message can't be edited"), End.MESSAGE_GONE, MessageGone),
    (BadRequest("Bad Request: MESSAGE_ID_INVALID"), End.MESSAGE_GONE, MessageGone),
    (BadRequest("Bad Request: MESSAGE_TOO_LONG"), End.TOO_LONG, Refused),
    (BadRequest("Bad Request: message caption is too long"), End.TOO_LONG, Refused),
    (BadRequest("Telegram refused it (HTTP 413)."), End.TOO_BIG, Refused),
    (BadRequest("Bad Request: file is too big"), End.TOO_BIG, Refused),
    (BadRequest("Bad Request: message text is empty"), End.EMPTY, Refused),
    (BadRequest("Bad Request: BUTTON_DATA_INVALID"), End.UNREADABLE, Refused),
    (BadRequest("Bad Request: something new"), End.REFUSED, Refused),
    (InvalidToken("Unauthorized"), End.REVOKED, Refused),
    (Flooded("Too Many Requests: retry after 3", 3.0), End.BUSY, NotSent),
    (TimedOut(), End.UNANSWERED, MaybeSent),
    (NetworkError("Bad Gateway"), End.UNANSWERED, MaybeSent),
)


@pytest.mark.parametrize(
    ("answer", "end", "error"), CASES, ids=lambda one: str(getattr(one, "message", ""))
)
def test_a_refusal_is_an_end_and_a_way_to_fail(
    answer: TelegramError, end: End, error: type[SendError]
) -> None:
    failed = outcome(answer)
    assert str(failed).startswith(f"{end}: ")
    assert type(failed) is error


def test_a_group_that_moved_says_where_to() -> None:
    failed = outcome(ChatMigrated(-1001))
    assert str(failed).startswith("moved: ")
    assert "-1001" in str(failed)
