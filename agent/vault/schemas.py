"""Shapes of the vault's operations."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from agent.ports import Tried
from agent.shapes import Frozen
from agent.vault.providers import PROVIDERS, ProviderName

LABELS: JsonDict = {"labels": {one.name: one.title for one in PROVIDERS.values()}}
"""What a form calls the choices."""


class WithSecret(Frozen):
    """Parameters of which one must never be shown, not even in an error."""

    model_config = ConfigDict(hide_input_in_errors=True)


class KeepKey(WithSecret):
    """Parameters of ``vault.keep``."""

    provider: ProviderName = Field(
        description="Whose key it is", title="Service", json_schema_extra=LABELS
    )
    secret: SecretStr = Field(
        min_length=12,
        max_length=512,
        description="The key, as its maker shows it",
        title="Key",
    )


class ReplaceKey(WithSecret):
    """Parameters of ``vault.rotate``."""

    provider: ProviderName = Field(
        description="Whose key it is", title="Service", json_schema_extra=LABELS
    )
    secret: SecretStr = Field(
        min_length=12, max_length=512, description="The new key", title="New key"
    )


class OfProvider(Frozen):
    """Parameters that name a kept key by whose it is."""

    provider: ProviderName = Field(
        description="Whose key is meant", title="Service", json_schema_extra=LABELS
    )


class StorePasted(Frozen):
    """Parameters of ``vault.store_pasted``."""

    connection_id: UUID = Field(description="The pasted key")
    provider: ProviderName | None = Field(
        default=None, description="Whose key it is, where that cannot be told from it"
    )


class DropPasted(Frozen):
    """Parameters of ``vault.drop_pasted``."""

    connection_id: UUID = Field(description="The pasted key")


class KeptKey(Frozen):
    """A key was kept, or was not."""

    provider: str = Field(description="Whose key it is")
    title: str = Field(description="The provider's name")
    hint: str = Field(description="The key's last characters")
    tried: Tried = Field(description="What one test call showed")
    is_kept: bool = Field(default=True, description="Whether it is used from now on")
    replaced: bool = Field(default=False, description="Whether another one was there")


class TestedKey(Frozen):
    """What a test call with a kept key showed."""

    provider: str = Field(description="Whose key it is")
    title: str = Field(description="The provider's name")
    hint: str = Field(description="The key's last characters")
    tried: Tried = Field(description="What the call showed")


class KeyLine(Frozen):
    """A kept key, without itself."""

    provider: str = Field(description="Whose key it is")
    title: str = Field(description="The provider's name")
    hint: str = Field(description="The key's last characters")
    status: str = Field(description="active, error, revoked ...")
    client: str = Field(default="", description="Used for this client alone")
    added_at: datetime = Field(description="When it was added")
    last_ok_at: datetime | None = Field(
        default=None, description="When a call with it last worked"
    )
    last_used_at: datetime | None = Field(
        default=None, description="When it was last used, to the hour"
    )


class KeptKeys(Frozen):
    """The workspace's keys."""

    keys: list[KeyLine] = Field(description="One a provider")


class RemovedKey(Frozen):
    """A key is gone."""

    provider: str = Field(description="Whose key it was")
    title: str = Field(description="The provider's name")


class DroppedKey(Frozen):
    """A pasted key was forgotten."""


class RotatedWorkspaceKey(Frozen):
    """The workspace's own key was changed."""

    resealed: int = Field(description="How many kept keys are sealed anew")
