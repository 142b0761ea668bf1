"""Shapes shared by all rooms."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of parameters and results: immutable; a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Frozen):
    """Parameters of an operation that takes none."""
