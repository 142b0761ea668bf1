"""What the Bot API's refusals mean: it has no codes of its own, only descriptions.

Source: core.telegram.org/bots/api#making-requests, core.telegram.org/method/
messages.sendMessage (errors in capitals come from there), and what servers answer
"""

from channels.ends import End

_DESCRIPTIONS: tuple[tuple[End, tuple[str, ...]], ...] = (
    (
        End.MESSAGE_GONE,
        (
            "message to edit not found",
            "message can't be edited",
            "message_id_invalid",
            "message_author_required",
            "message_edit_time_expired",
        ),
    ),
    (
        End.BLOCKED,
        (
            "bot was blocked by the user",
            "user is deactivated",
            "user_is_blocked",
            "input_user_deactivated",
            "bot can't initiate conversation",
        ),
    ),
    (
        End.REMOVED,
        (
            "bot was kicked",
            "bot is not a member",
            "user_not_participant",
            "channel_private",
            "the group chat was deleted",
        ),
    ),
    (End.MOVED, ("group chat was upgraded", "group chat was migrated")),
    (
        End.THREAD_GONE,
        (
            "message thread not found",
            "topic_deleted",
            "topic_id_invalid",
            "message to be replied not found",
            "message to reply not found",
            "reply message not found",
            "reply_message_id_invalid",
        ),
    ),
    (End.THREAD_CLOSED, ("topic_closed", "topic is closed")),
    (
        End.FORBIDDEN,
        (
            "not enough rights",
            "have no rights to send",
            "need administrator rights",
            "chat_write_forbidden",
            "chat_send_",  # CHAT_SEND_PLAIN_FORBIDDEN, CHAT_SEND_DOCS_FORBIDDEN ...
            "chat_restricted",
            "chat_admin_required",
            "user_banned_in_channel",
            "chat_guest_send_forbidden",
            "bot can't send messages to bots",
            "user_is_bot",
        ),
    ),
    (
        End.CHAT_GONE,
        ("chat not found", "peer_id_invalid", "user not found", "chat_id is empty"),
    ),
    (
        End.TOO_LONG,
        (
            "message is too long",
            "message_too_long",
            "caption is too long",
            "media_caption_too_long",
            "entities_too_long",
        ),
    ),
    (
        End.TOO_BIG,
        ("file is too big", "request entity too large", "http 413", "too large"),
    ),
    (
        End.EMPTY,
        ("message text is empty", "text must be non-empty", "must be non-empty"),
    ),
    (End.EXPIRED, ("query is too old", "query id is invalid")),
    (
        End.UNREADABLE,
        ("can't parse", "button_data_invalid", "reply markup", "entity", "entities"),
    ),
)


def end_of(description: str) -> End:
    """The end that a refusal names; the first that fits, ``REFUSED`` for none."""
    said = description.casefold()
    for end, phrases in _DESCRIPTIONS:
        if any(phrase in said for phrase in phrases):
            return end
    return End.REFUSED
