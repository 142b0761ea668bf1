"""Every code of Slack's that a message can meet, and the end that it is."""

import pytest

from channels.contract import MessageGone, NotSent, Refused, SendError
from channels.ends import End
from channels.slack.failures import Outside, Unrendered, refusal
from channels.slack.reasons import ENDS, REASONS

CASES: tuple[tuple[str, End, type[SendError]], ...] = (
    ("thread_not_found", End.THREAD_GONE, Refused),
    ("message_not_found", End.MESSAGE_GONE, MessageGone),
    ("cant_update_message", End.MESSAGE_GONE, MessageGone),
    ("edit_window_closed", End.MESSAGE_GONE, MessageGone),
    ("is_archived", End.ARCHIVED, Refused),
    ("is_inactive", End.ARCHIVED, Refused),
    ("account_inactive", End.REVOKED, Refused),
    ("token_revoked", End.REVOKED, Refused),
    ("token_expired", End.REVOKED, Refused),
    ("invalid_auth", End.REVOKED, Refused),
    ("missing_scope", End.SCOPE, Refused),
    ("channel_not_found", End.CHAT_GONE, Outside),
    ("not_in_channel", End.REMOVED, Outside),
    ("user_is_bot", End.FORBIDDEN, Refused),
    ("cannot_dm_bot", End.FORBIDDEN, Refused),
    ("restricted_action", End.FORBIDDEN, Refused),
    ("restricted_action_read_only_channel", End.FORBIDDEN, Refused),
    ("user_disabled", End.BLOCKED, Refused),
    ("messages_tab_disabled", End.BLOCKED, Refused),
    ("msg_too_long", End.TOO_LONG, Refused),
    ("file_too_large", End.TOO_BIG, Refused),
    ("no_text", End.EMPTY, Refused),
    ("ekm_access_denied", End.SUSPENDED, Refused),
    ("team_access_not_granted", End.SUSPENDED, Refused),
    ("accesslimited", End.SUSPENDED, Refused),
    ("expired_trigger_id", End.EXPIRED, Refused),
    ("used_url", End.EXPIRED, Refused),
    ("invalid_blocks", End.UNREADABLE, Unrendered),
    ("block_mismatch", End.UNREADABLE, Unrendered),
    ("service_unavailable", End.BUSY, NotSent),
    ("team_added_to_org", End.BUSY, NotSent),
    ("update_failed", End.BUSY, NotSent),
    ("invalid_arguments", End.REFUSED, Refused),
    ("something_new", End.REFUSED, Refused),
)


@pytest.mark.parametrize(("code", "end", "error"), CASES)
def test_a_code_is_an_end_and_a_way_to_fail(
    code: str, end: End, error: type[SendError]
) -> None:
    failed = refusal(code)
    assert str(failed).startswith(f"{end}: ")
    assert type(failed) is error


def test_what_passes_is_tried_again_and_nothing_else_is() -> None:
    assert all(
        isinstance(refusal(code), NotSent) is (end is End.BUSY)
        for code, end in ENDS.items()
        if code != "streaming_state_conflict"  # its stream is ended first
    )


def test_what_is_told_in_words_is_a_known_code() -> None:
    assert set(REASONS) <= set(ENDS)


def test_a_missing_scope_is_named() -> None:
    assert "chat:write" in str(refusal("missing_scope", "chat:write"))
