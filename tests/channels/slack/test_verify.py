from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.signature import SignatureVerifier

from channels.slack.verify import TOLERANCE_S, signed

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def headers(body: bytes, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """As Slack signs, by the SDK's own reckoning."""
    stamp = str(int(at.timestamp()))
    made = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(made)}


def test_a_request_signed_by_slack_passes() -> None:
    assert signed(b"a=1", headers(b"a=1"), secret=SECRET, now=NOW)


def test_header_names_are_read_in_any_case() -> None:
    lower = {name.lower(): value for name, value in headers(b"{}").items()}

    assert signed(b"{}", lower, secret=SECRET, now=NOW)


def test_one_changed_byte_is_refused() -> None:
    assert not signed(b"a=2", headers(b"a=1"), secret=SECRET, now=NOW)


def test_another_secret_is_refused() -> None:
    other = headers(b"a=1", secret="other")

    assert not signed(b"a=1", other, secret=SECRET, now=NOW)


@pytest.mark.parametrize("direction", [1, -1])
def test_five_minutes_pass_and_a_second_more_does_not(direction: int) -> None:
    edge = NOW + direction * timedelta(seconds=TOLERANCE_S)
    beyond = edge + direction * timedelta(seconds=1)

    assert signed(b"a=1", headers(b"a=1"), secret=SECRET, now=edge)
    assert not signed(b"a=1", headers(b"a=1"), secret=SECRET, now=beyond)


def test_a_body_that_is_no_utf8_is_judged_by_its_bytes() -> None:
    stamp = str(int(NOW.timestamp()))
    given = {"x-slack-request-timestamp": stamp, "x-slack-signature": "v0=00"}

    assert not signed(b"\xff\xfe", given, secret=SECRET, now=NOW)


@pytest.mark.parametrize("stamp", ["", "x", "1e9", "-1", "٣", "9" * 400, "1\n"])
def test_a_timestamp_that_is_none_is_refused_even_when_signed(stamp: str) -> None:
    made = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=b"")
    given = {"x-slack-request-timestamp": stamp, "x-slack-signature": str(made)}

    assert not signed(b"", given, secret=SECRET, now=NOW)


@pytest.mark.parametrize("given", [{}, {"x-slack-signature": "v0=é\ud800"}])
def test_missing_and_strange_headers_are_refused(given: dict[str, str]) -> None:
    assert not signed(b"", given, secret=SECRET, now=NOW)
