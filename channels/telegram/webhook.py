"""One posted update: checked, kept, and only then acknowledged. No web framework."""

from hmac import compare_digest

from channels.contract import Keep, NotKept
from channels.telegram.parse import Me, parse

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105
BODY_BYTES = 1_000_000

OK, UNAUTHORIZED, TOO_LARGE, UNAVAILABLE = 200, 401, 413, 503


async def receive(
    body: bytes, given_secret: str | None, *, secret: str, me: Me, keep: Keep
) -> int:
    """The HTTP status to answer with.

    200 once the update is kept, whatever is in it; 401 for a wrong or missing secret
    (an empty ``secret`` lets nobody in); 413 for a body no update has; 503 when it
    could not be kept, upon which Telegram posts it again.

    Args:
        body: As it was posted.
        given_secret: The header named ``SECRET_HEADER``, if there was one.
        secret: What we told Telegram to put there.
        me: The bot the webhook belongs to.
        keep: Commits to the inbox.

    Source: https://core.telegram.org/bots/api#setwebhook
    """
    if not is_telegram(given_secret, secret):
        return UNAUTHORIZED
    if len(body) > BODY_BYTES:
        return TOO_LARGE
    try:
        await keep([parse(body, me)])
    except NotKept:
        return UNAVAILABLE
    return OK


def is_telegram(given: str | None, secret: str) -> bool:
    """Whether the header holds what we told Telegram to put there."""
    # In bytes, because compare_digest refuses text beyond ASCII.
    same = compare_digest((given or "").encode(), secret.encode())
    return same and bool(secret)
