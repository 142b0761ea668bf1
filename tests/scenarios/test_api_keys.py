"""A key made in a chat is shown there once, and ends there."""

import re

from tests.scenarios.house import House

KEY = re.compile(r"dk_[0-9a-f]{12}_[A-Za-z0-9]{40}")


async def test_a_key_is_made_shown_once_and_revoked_in_a_chat(house: House) -> None:
    ana = await house.member("telegram")
    await ana.writes("/key new Zapier")
    shown = await ana.sees("Here is the key", "delete this message")
    [key] = KEY.findall(shown.text)
    await house.rests()
    for kept in ("payload::text FROM deliveries", "content FROM messages"):
        rows = await house.rows(f"SELECT {kept}")
        assert all(key not in row[0] for row in rows)
    await ana.writes("/keys")
    await ana.sees("Your API keys", "Zapier", key[:15], "never used")
    await ana.writes("/key revoke Zapier")
    await ana.sees("Zapier", "no longer works")
    ended = "SELECT revoked_at IS NOT NULL FROM access_tokens WHERE kind = 'api_key'"
    assert [row[0] for row in await house.rows(ended)] == [True]
