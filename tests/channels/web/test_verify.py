import pytest

from channels.web.verify import (
    csrf_matches,
    csrf_token,
    from_our_page,
    host_of,
    known_host,
)

PUBLIC = "https://chat.example.com"


@pytest.mark.parametrize(
    ("netloc", "host"),
    [
        ("Chat.Example.com:443", "chat.example.com"),
        ("[::1]:8000", "::1"),
        ("a@127.0.0.1", "127.0.0.1"),
        ("[::1", ""),
        ("", ""),
    ],
)
def test_a_host_is_read_without_its_port(netloc: str, host: str) -> None:
    assert host_of(netloc) == host


@pytest.mark.parametrize(
    ("netloc", "known"),
    [
        ("localhost:1", True),
        ("chat.example.com", True),
        ("CHAT.example.com:443", True),
        ("chat.example.com.evil.example", False),
        ("evil.example", False),
        ("", False),
    ],
)
def test_only_this_machine_and_the_public_name_are_known(
    *, netloc: str, known: bool
) -> None:
    assert known_host(netloc, public_url=PUBLIC) is known


def test_without_a_public_address_no_host_matches_the_empty_name() -> None:
    assert not known_host("", public_url="")


def test_behind_a_proxy_that_renames_the_host_the_public_origin_is_ours() -> None:
    headers = {"host": "localhost:8000", "origin": PUBLIC}
    assert from_our_page(headers, public_url=PUBLIC)
    assert not from_our_page(headers, public_url="")


def test_a_request_that_hides_where_it_is_from_is_not_ours() -> None:
    assert not from_our_page({"host": "localhost"}, public_url="")
    # Without a host and a public address nothing may match "nothing".
    assert not from_our_page({"origin": "http://"}, public_url="")


def test_the_word_of_one_session_is_not_anothers() -> None:
    assert csrf_matches("one", csrf_token("one"))
    assert not csrf_matches("two", csrf_token("one"))
    assert not csrf_matches("one", "")
