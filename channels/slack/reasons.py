"""Slack's error codes: which end of a message each is, and what to do about it."""

from collections.abc import Mapping

from channels.ends import End

_CODES: Mapping[End, str] = {
    End.BUSY: "ratelimited rate_limited message_limit_exceeded service_unavailable"
    " request_timeout team_added_to_org external_channel_migrating update_failed"
    " file_update_failed streaming_state_conflict org_login_required",
    End.BLOCKED: "user_not_found user_not_visible user_disabled messages_tab_disabled",
    End.REMOVED: "not_in_channel user_not_in_channel no_permission",
    End.CHAT_GONE: "channel_not_found invalid_channel team_not_found",
    End.ARCHIVED: "is_archived is_inactive",
    End.THREAD_GONE: "thread_not_found invalid_thread_ts cannot_reply_to_message",
    End.THREAD_CLOSED: "restricted_action_non_threadable_channel",
    End.MESSAGE_GONE: "message_not_found cant_update_message edit_window_closed"
    " message_not_in_streaming_state message_not_owned_by_app",
    End.FORBIDDEN: "restricted_action restricted_action_read_only_channel"
    " restricted_action_thread_only_channel posting_to_channel_denied"
    " posting_to_general_channel_denied user_is_restricted user_is_bot"
    " cannot_dm_bot bot_not_found file_uploads_disabled"
    " slack_connect_file_upload_sharing_blocked file_uploads_except_images_disabled"
    " slack_connect_file_link_sharing_blocked blocked_file_type",
    End.SUSPENDED: "ekm_access_denied team_access_not_granted accesslimited"
    " enterprise_is_restricted access_denied two_factor_setup_required",
    End.REVOKED: "account_inactive token_revoked token_expired invalid_auth not_authed"
    " not_allowed_token_type app_uninstalled",
    End.SCOPE: "missing_scope",
    End.TOO_LONG: "msg_too_long markdown_text_too_long",
    End.TOO_BIG: "file_too_large storage_limit_reached",
    End.EMPTY: "no_text",
    End.EXPIRED: "expired_trigger_id invalid_trigger_id trigger_expired"
    " trigger_exchanged exchanged_trigger_id used_url expired_url",
    End.FILE_LOST: "file_not_found file_deleted",
    End.UNREADABLE: "invalid_blocks invalid_blocks_format msg_blocks_too_long"
    " block_mismatch invalid_chunks only_one_table_allowed",
}
ENDS = {code: end for end, codes in _CODES.items() for code in codes.split()}
"""What is not listed is ``End.REFUSED``: an argument that Slack does not take."""

_INSTALL = "install it again and set SLACK_BOT_TOKEN"
REASONS = {
    "account_inactive": f"the Slack app was removed from this workspace; {_INSTALL}",
    "channel_not_found": "Slack shows us no such channel; invite the bot to it",
    "ekm_access_denied": "the workspace's administrators suspended posting",
    "expired_url": "the way to answer this command has expired",
    "invalid_auth": "Slack does not accept the token; check SLACK_BOT_TOKEN and "
    "SLACK_APP_TOKEN",
    "is_archived": "the channel is archived",
    "message_not_found": "the message is no longer there",
    "missing_scope": "the Slack app lacks a permission; install it again with the "
    "scopes of its manifest",
    "msg_too_long": "the message is too long for Slack",
    "not_allowed_token_type": "that kind of token does not fit: SLACK_BOT_TOKEN "
    "begins with xoxb-, SLACK_APP_TOKEN with xapp-",
    "not_authed": "no token was sent; set SLACK_BOT_TOKEN",
    "not_in_channel": "the bot is not in that channel; invite it",
    "restricted_action": "a workspace setting forbids the bot to post there",
    "team_access_not_granted": "the app is not admitted to that workspace of the "
    "organisation",
    "thread_not_found": "the thread is no longer there",
    "token_expired": "the Slack token has expired; make a new one",
    "token_revoked": "the Slack token was revoked; make a new one",
    "used_url": "the way to answer this command has been used up",
}
