"""Settings become a way to send our own mail."""

from agent.ports import Clock
from bot.mail import Server, SmtpMail
from bot.settings import Security, Settings, Smtp

PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


def mail(settings: Settings, clock: Clock) -> SmtpMail | None:
    """The mail server that is set up; None where there is none.

    Raises:
        BadInput: SMTP_FROM is no address.
    """
    given = settings.smtp
    return SmtpMail(server(given), given.sender, clock) if given.host else None


def server(given: Smtp) -> Server:
    """The server that these settings name."""
    secret = given.password.get_secret_value() if given.password else ""
    return Server(
        host=given.host,
        port=given.port or PORTS[given.security],
        security=given.security.value,
        username=given.username,
        password=secret,
        ca_file=given.ca_file,
        timeout_s=given.timeout_s,
        tries=given.tries,
    )
