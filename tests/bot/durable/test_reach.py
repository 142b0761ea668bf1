import pytest

from bot.durable.errors import Unsupported
from bot.durable.reach import Reach

REACH = Reach(frozenset({"apps.example"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/api/inngest",
        "http://localhost/api",
        "https://[::1]:1/x",
        "http://127.9.9.9/",
        "http://0.0.0.0:8000/api",
        "https://apps.example/api/inngest",
        "http://APPS.example:99",
    ],
)
def test_this_machine_and_named_hosts_may_be_called(url: str) -> None:
    REACH.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://evil@apps.example/",
        "http://me:word@127.0.0.1/",
        "http://apps.example.evil/",
        "http://2130706433/",
        "http://[::1/",
        "http://127.0.0.1:99999/",
    ],
)
def test_no_other_address_is_called(url: str) -> None:
    with pytest.raises(Unsupported):
        REACH.check(url)
