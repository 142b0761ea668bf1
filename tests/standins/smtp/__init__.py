"""A mail server in this process: it speaks SMTP, keeps what it takes, and can fail."""

from tests.standins.smtp.server import Got, MailServer

__all__ = ["Got", "MailServer"]
