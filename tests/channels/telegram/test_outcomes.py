"""How a call can fail below HTTP, and whether the message may have gone out.

The stand-in cannot fail to be connected to in every way; respx can, one layer up.
"""

import httpx
import pytest
import respx

from channels.contract import MaybeSent, NotSent, Outgoing, SendError
from channels.telegram.send import TelegramChannel

TOKEN = "7000001:AAfake"
BASE = "http://127.0.0.1:9"
HELLO = Outgoing(account="7000001", chat="42", markdown="hello")


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (httpx.ConnectTimeout, NotSent),
        (httpx.ConnectError, NotSent),
        (httpx.PoolTimeout, NotSent),
        (httpx.ReadTimeout, MaybeSent),
        (httpx.ReadError, MaybeSent),
        (httpx.RemoteProtocolError, MaybeSent),
    ],
)
@respx.mock(assert_all_called=True)
async def test_what_never_left_is_told_from_what_may_have(
    respx_mock: respx.MockRouter,
    failure: type[httpx.TransportError],
    outcome: type[SendError],
) -> None:
    posted = respx_mock.post(f"{BASE}/bot{TOKEN}/sendMessage").mock(side_effect=failure)
    async with TelegramChannel(TOKEN, base_url=BASE) as channel:
        with pytest.raises(outcome):
            await channel.send(HELLO)
    assert posted.call_count == 1  # tried once: who calls decides about a repeat
