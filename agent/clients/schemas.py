"""Shapes of the clients room."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.shapes import Frozen


class NewClient(Frozen):
    """Parameters of ``clients.new``."""

    name: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=80, description="The brand's name"
    )


class UseClient(Frozen):
    """Parameters of ``clients.use``."""

    name: str = Field(
        default="", max_length=80, description="The brand's name, or part of it"
    )


class ShowClient(Frozen):
    """Parameters of ``clients.show``."""

    name: str = Field(
        default="", max_length=80, description="The brand; empty for the current one"
    )


class Profile(Frozen):
    """A brand as it stands."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    version: int = Field(description="The profile's version, 0 before the first")
    fields: dict[str, str] = Field(description="What is known, by field")
    missing: list[str] = Field(description="Fields still empty")


class Chosen(Frozen):
    """The brand a conversation is about now."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    created: bool = Field(default=False, description="Whether it was just made")


class Clients(Frozen):
    """The brands of a workspace."""

    names: list[str] = Field(description="Their names, the current one first")
    current: str = Field(default="", description="The current one; empty for none")
