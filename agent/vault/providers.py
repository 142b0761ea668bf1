"""Whose keys we keep: what each is called, and what it is for."""

from dataclasses import dataclass
from typing import Literal

from agent.errors import BadInput

ProviderName = Literal["anthropic", "openai", "gemini", "mistral", "resend", "sendgrid"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who gives out keys."""

    name: str
    title: str
    kind: str
    """As ``connections.kind`` has it."""
    where: str
    """Where keys are made and revoked."""


PROVIDERS = {
    one.name: one
    for one in (
        Provider("anthropic", "Anthropic", "llm", "console.anthropic.com"),
        Provider("openai", "OpenAI", "llm", "platform.openai.com/api-keys"),
        Provider("gemini", "Google Gemini", "llm", "aistudio.google.com/apikey"),
        Provider("mistral", "Mistral", "llm", "console.mistral.ai"),
        Provider("resend", "Resend", "email", "resend.com/api-keys"),
        Provider("sendgrid", "SendGrid", "email", "app.sendgrid.com"),
    )
}

NOT_OURS = {
    "slack": "a Slack token",
    "telegram": "a Telegram bot's token",
    "aws": "an AWS key",
    "github": "a GitHub token",
    "draper": "a key of my own API",
    "stripe": "a Stripe key",
    "private": "a private key",
}
"""Keys we know by sight and have no use for."""


def provider(name: str) -> Provider:
    """The provider called ``name``.

    Raises:
        BadInput: We keep no keys of theirs; the hint lists whose we keep.
    """
    found = PROVIDERS.get(name.strip().casefold())
    if found is None:
        raise BadInput(
            f"I keep no keys of {name}.", hint=f"I know {', '.join(PROVIDERS)}."
        )
    return found
