"""The environment, read once; only ``bot.wiring`` and ``bot.cli`` import this."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError


def _database_url(given: str | URL) -> URL:
    # Hosts hand out `postgres://...?sslmode=require`; our driver has its own words.
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise ValueError("not a database URL (postgresql://user@host/name)") from error
    words = {"ssl" if key == "sslmode" else key: url.query[key] for key in url.query}
    return url.set(drivername="postgresql+asyncpg", query=words)


# SQLAlchemy's own type: it accepts a socket's folder, and hides the password.
DatabaseUrl = Annotated[URL, NoDecode, PlainValidator(_database_url)]

Names = Annotated[
    frozenset[str],
    NoDecode,
    PlainValidator(
        lambda given: (
            frozenset(part.strip() for part in given.split(",") if part)
            if isinstance(given, str)
            else frozenset(given)
        )
    ),
]
"""A comma-separated list of ids."""


def _group(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )


class Access(StrEnum):
    """Who, besides paired people, may talk to the bot."""

    PAIRED = "paired"
    """Nobody: every person pairs with a one-time code."""
    ALLOWLIST = "allowlist"
    """The ids listed per messenger; an empty list means nobody."""
    OPEN = "open"
    """Anybody who writes becomes a member."""


class Intake(StrEnum):
    """How a messenger's events reach us."""

    POLL = "poll"
    """We fetch them: long polling (Telegram), Socket Mode (Slack)."""
    WEBHOOK = "webhook"
    """They are posted to PUBLIC_URL."""


class Telegram(BaseSettings):
    """``TELEGRAM_*``. Off without a token."""

    model_config = _group("TELEGRAM_")

    token: SecretStr | None = None
    base_url: str = "https://api.telegram.org"
    intake: Intake = Intake.POLL
    webhook_secret: SecretStr | None = None
    allowed: Names = frozenset()
    rich: bool = False
    """Finished texts as rich messages (Bot API 10.1), where they gain by it."""
    drafts: bool = False
    """In private chats a text grows as a draft, and is sent when it is finished."""


class Slack(BaseSettings):
    """``SLACK_*``. Off without a bot token or a client id."""

    model_config = _group("SLACK_")

    bot_token: SecretStr | None = None
    """Of one workspace that the app was installed in by hand."""
    client_id: str = ""
    """With the secret: workspaces install the app themselves, at /slack/install."""
    client_secret: SecretStr | None = None
    app_id: str = ""
    config_token: SecretStr | None = None
    """With the app's id: ``draper doctor`` compares the app with our manifest."""
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    base_url: str = "https://slack.com/api/"
    intake: Intake = Intake.POLL
    threads: bool = False
    """Each direct message begins a thread: a session of Slack's agent view."""
    allowed: Names = frozenset()


class Anthropic(BaseSettings):
    """``ANTHROPIC_*``. Without a key the rehearsal model answers."""

    model_config = _group("ANTHROPIC_")

    api_key: SecretStr | None = None
    base_url: str = "https://api.anthropic.com"
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120.0


class OpenAI(BaseSettings):
    """``OPENAI_*``: OpenAI, or another server that speaks its chat completions."""

    model_config = _group("OPENAI_")

    api_key: SecretStr | None = None
    base_url: str = "https://api.openai.com/v1"
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120.0


class Models(BaseSettings):
    """``MODEL_*``: which model each tier means today, ``<provider>/<model>``.

    A bare name is one of Anthropic's.
    """

    model_config = _group("MODEL_")

    fast: str = "claude-haiku-5-5"
    balanced: str = "claude-sonnet-5-5"
    deep: str = "claude-opus-5-5"
    fallback: str = ""
    """Answers when another one fails before its first word; empty: nobody does."""


class Security(StrEnum):
    """How the connection to a mail server is kept from others' eyes."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Smtp(BaseSettings):
    """``SMTP_*``: our own mail. Off without a host."""

    model_config = _group("SMTP_")

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Unset: 587 with starttls, 465 with tls, 25 with none."""
    username: str = ""
    password: SecretStr | None = None
    sender: str = Field(default="", validation_alias="SMTP_FROM")
    security: Security = Security.STARTTLS
    ca_file: str = ""
    """Certificates to trust instead of the public ones."""
    timeout_s: Annotated[float, Field(gt=0, le=9)] = 8.0
    """For handing over one letter, all tries together."""
    tries: Annotated[int, Field(ge=1, le=5)] = 2


class Transcription(BaseSettings):
    """``TRANSCRIBE_*``. Without an address, voice messages are kept and not heard."""

    model_config = _group("TRANSCRIBE_")

    base_url: str = ""
    """Ends before ``/audio/transcriptions``."""
    api_key: SecretStr | None = None
    model: str = "whisper-1"
    timeout_s: Annotated[float, Field(gt=0)] = 60.0


class S3(BaseSettings):
    """``S3_*``. Without a bucket, files live in the data folder."""

    model_config = _group("S3_")

    bucket: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    prefix: str = ""


class Inngest(BaseSettings):
    """``INNGEST_*``. Without a base URL the embedded engine runs the functions."""

    model_config = _group("INNGEST_")

    base_url: str = ""
    event_api_base_url: str = ""
    """Takes events, where that is another address; Inngest Cloud's is known."""
    event_key: SecretStr | None = None
    signing_key: SecretStr | None = None
    signing_key_fallback: SecretStr | None = None
    """While the key is changed: calls signed with it are taken, too."""
    env: str = ""
    """A branch environment of Inngest Cloud."""
    dev: bool = False
    """A server on this machine may have no keys; nothing is signed then."""


class Otel(BaseSettings):
    """``OTEL_*``: OpenTelemetry's own names. Off without an endpoint."""

    model_config = _group("OTEL_")

    exporter_otlp_endpoint: str = ""
    """A collector that takes OTLP over HTTP, such as http://127.0.0.1:4318."""
    exporter_otlp_headers: SecretStr | None = None
    """``name=value,...``, values percent-encoded."""
    service_name: str = "draper"


class Settings(BaseSettings):
    """Everything a process may be told; each has a default that works alone."""

    model_config = _group("DRAPER_")

    home: Path = Path(".data")
    """The data folder: database, files, the installation's key."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: str = Field(default="", validation_alias="PUBLIC_URL")
    access: Access = Access.PAIRED
    key: SecretStr | None = None
    """Seals the workspaces' keys, 32 bytes base64; made in ``home`` when unset."""
    budget_day_usd: Annotated[Decimal, Field(ge=0)] = Decimal(10)
    budget_month_usd: Annotated[Decimal, Field(ge=0)] = Decimal(100)
    budget_most_day_usd: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    budget_most_month_usd: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """What a workspace's owner may raise its limits to. 0: to whatever they like."""
    messages_per_minute: Annotated[int, Field(ge=0)] = 30
    """Of one person; what is more waits for the next minute. 0: no limit."""
    file_max_mb: Annotated[int, Field(ge=1, le=200)] = 20
    """The largest file that is taken. Telegram hands bots no more than 20."""
    join_s: Annotated[float, Field(ge=0, le=60)] = 8.0
    """Words that come so soon after a request are added to it; 0: never."""
    guess_s: Annotated[float, Field(ge=0, le=30)] = 3.0
    """Words that name no skill plainly are shown to the fast model, which has so long
    to say what is meant; 0: it is not asked."""
    propose_after: Annotated[int, Field(ge=2, le=50)] = 3
    """Pieces of a skill with one complaint, from which on a rule is proposed; a
    workspace may differ."""
    try_freely_usd: Annotated[Decimal, Field(ge=0)] = Decimal("0.25")
    """What trying a proposed rule may cost unasked; above it, the card asks first."""
    log_level: str = "INFO"
    log_json: bool = False
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Prometheus may scrape ``/metrics`` here; unset: nobody may."""
    metrics_host: str = "127.0.0.1"
    skills: Path = Path("skills")
    embedder: Literal["", "minilm"] = ""
    """``minilm``: messages are compared by meaning, too; needs ``draper[embed]``."""
    fault: str = ""
    """``<point>[:<nth>]``: kill this process there. For failure tests only."""

    database_url: DatabaseUrl | None = Field(
        default=None, validation_alias="DATABASE_URL"
    )
    """Serves requests, as ``agent_app``. Unset: the embedded PostgreSQL."""
    database_system_url: DatabaseUrl | None = Field(
        default=None, validation_alias="DATABASE_SYSTEM_URL"
    )
    """As ``agent_system``; unset: DATABASE_URL with that user."""
    database_owner_url: DatabaseUrl | None = Field(
        default=None, validation_alias="DATABASE_OWNER_URL"
    )
    """Migrates. No serving process needs it."""

    telegram: Telegram = Field(default_factory=Telegram)
    slack: Slack = Field(default_factory=Slack)
    anthropic: Anthropic = Field(default_factory=Anthropic)
    openai: OpenAI = Field(default_factory=OpenAI)
    models: Models = Field(default_factory=Models)
    transcription: Transcription = Field(default_factory=Transcription)
    smtp: Smtp = Field(default_factory=Smtp)
    s3: S3 = Field(default_factory=S3)
    inngest: Inngest = Field(default_factory=Inngest)
    otel: Otel = Field(default_factory=Otel)
