"""Our own mail, over real SMTP: what arrives, and what is refused."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import BadInput, Unavailable
from agent.ports import Letter
from bot.mail import Server, SmtpMail
from bot.settings import Security, Settings, Smtp
from bot.wiring import mail as wiring
from tests.fakes.ports import Still
from tests.standins.smtp import MailServer

SENDER = "Draper <bot@acme.test>"
LETTER = Letter("ana@acme.com", "481920 is your code", "Your code is 481920\n")


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with MailServer() as server:
        yield server


def at(server: MailServer, **changes: object) -> Server:
    plain = Server(server.host, server.port, "none", timeout_s=2.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def mail(server: Server) -> SmtpMail:
    return SmtpMail(server, SENDER, Still())


async def test_a_letter_arrives_as_it_was_written(mail_server: MailServer) -> None:
    await mail(at(mail_server)).send(LETTER)
    [got] = mail_server.letters
    assert (got.to, got.subject) == (LETTER.to, LETTER.subject)
    assert got.text.replace("\r\n", "\n") == LETTER.text
    headers = {name: str(got.message[name]) for name in ("From", "To", "Date")}
    assert headers == {
        "From": SENDER,
        "To": LETTER.to,
        "Date": "Sat, 21 Nov 2026 09:00:00 +0000",
    }
    assert str(got.message["Message-ID"]).endswith("@acme.test>")


async def test_words_of_any_script_arrive(mail_server: MailServer) -> None:
    letter = replace(LETTER, subject="Yaz & अनु", text="नमस्ते\n.\nend\n")
    await mail(at(mail_server)).send(letter)
    [got] = mail_server.letters
    assert got.subject == letter.subject
    assert got.text.replace("\r\n", "\n") == letter.text


@pytest.mark.parametrize("evil", ["\r\n", "\n", "\r", "\x00", "\u2028"])
async def test_a_line_break_in_a_header_is_refused_before_anybody_is_asked(
    mail_server: MailServer, evil: str
) -> None:
    for letter in (
        replace(LETTER, to=f"ana@acme.com{evil}Bcc: eve@evil.test"),
        replace(LETTER, subject=f"Hello{evil}Bcc: eve@evil.test"),
    ):
        with pytest.raises(BadInput, match="one line"):
            await mail(at(mail_server)).send(letter)
    assert mail_server.connections == 0


async def test_a_server_that_says_later_is_asked_again(
    mail_server: MailServer,
) -> None:
    mail_server.busy = 1
    await mail(at(mail_server)).send(LETTER)
    assert len(mail_server.letters) == 1
    mail_server.busy = 5
    with pytest.raises(Unavailable, match="did not take it"):
        await mail(at(mail_server)).send(LETTER)
    assert mail_server.busy == 3, "bounded: two tries, and no more"


async def test_an_address_that_is_refused_for_good_is_not_tried_again(
    mail_server: MailServer,
) -> None:
    mail_server.refused.add(LETTER.to)
    with pytest.raises(BadInput, match="refuses that address"):
        await mail(at(mail_server)).send(LETTER)
    assert mail_server.connections == 1


async def test_a_server_that_says_nothing_costs_the_set_time(
    mail_server: MailServer,
) -> None:
    mail_server.is_silent = True
    with pytest.raises(Unavailable, match="handed to the mail server") as refused:
        await mail(at(mail_server, timeout_s=0.2)).send(LETTER)
    assert refused.value.retryable
    assert not (await mail(at(mail_server, timeout_s=0.2)).ping()).ok


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with MailServer() as gone:
        nowhere = at(gone)
    with pytest.raises(Unavailable):
        await mail(nowhere).send(LETTER)
    found = await mail(nowhere).ping()
    assert not found.ok
    assert "SMTP_HOST" in found.hint


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    from tests.standins.smtp.certificate import make  # noqa: PLC0415 - slow to load

    return make(tmp_path_factory.mktemp("tls"))


def context(pem: Path, key: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem, key)
    return made


async def test_it_logs_in_and_a_wrong_password_is_not_the_address_s_fault(
    certificate: tuple[Path, Path],
) -> None:
    pem, key = certificate
    async with MailServer(login=("bot", "right"), tls=context(pem, key)) as server:
        starttls = at(server, security="starttls", ca_file=str(pem))
        known = replace(starttls, username="bot", password="right")
        await mail(known).send(LETTER)
        assert len(server.letters) == 1
        assert (await mail(known).ping()).ok
        unknown = replace(known, password="wrong")
        with pytest.raises(Unavailable, match="does not accept our login"):
            await mail(unknown).send(LETTER)
        found = await mail(unknown).ping()
        assert not found.ok
        assert "wrong" not in found.detail


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_secured_connection_trusts_only_a_known_certificate(
    certificate: tuple[Path, Path], security: str
) -> None:
    pem, key = certificate
    at_once = security == "tls"
    async with MailServer(tls=context(pem, key), is_tls_at_once=at_once) as server:
        trusted = at(server, security=security, ca_file=str(pem))
        await mail(trusted).send(LETTER)
        assert len(server.letters) == 1
        with pytest.raises(Unavailable):
            await mail(replace(trusted, ca_file="")).send(LETTER)
        assert len(server.letters) == 1


async def test_a_server_without_starttls_gets_nothing_in_the_clear(
    mail_server: MailServer,
) -> None:
    with pytest.raises(Unavailable):
        await mail(at(mail_server, security="starttls")).send(LETTER)
    assert mail_server.letters == []


@pytest.mark.parametrize("sender", ["", "Draper", "Draper <bot@>", "a@b.c\r\nX: y"])
def test_a_sender_that_is_no_address_is_named_at_the_start(sender: str) -> None:
    server = Server("mail.test", 25, "none")
    with pytest.raises(BadInput, match="SMTP_FROM"):
        SmtpMail(server, sender, Still())


def test_each_way_of_securing_has_its_port() -> None:
    ports = {
        how: wiring.server(Smtp(_env_file=None, host="m", security=how)).port
        for how in Security
    }
    assert ports == {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}
    assert not Settings(_env_file=None).smtp.host
