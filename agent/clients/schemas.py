"""Shapes of the clients room."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from agent.shapes import Frozen, Page, Paged

Named = Annotated[str, StringConstraints(strip_whitespace=True)]


class NewClient(Frozen):
    """Parameters of ``clients.new``."""

    name: Named = Field(min_length=1, max_length=80, description="The brand's name")


class UseClient(Frozen):
    """Parameters of ``memory.focus``."""

    name: str = Field(
        default="", max_length=80, description="The brand's name, or part of it"
    )


class OneClient(Frozen):
    """Parameters that name a brand: by its name or its id."""

    name: str = Field(
        default="", max_length=80, description="The brand; empty for the current one"
    )
    client_id: UUID | None = Field(
        default=None, description="The brand's id, instead of its name"
    )


class ListClients(Paged):
    """Parameters of ``clients.list``."""

    archived: bool = Field(
        default=False, description="Those that were put away, instead of those in use"
    )


class PickClient(Frozen):
    """Parameters of ``clients.pick``."""

    text: str = Field(
        min_length=1, max_length=40_000, description="What somebody asks for"
    )


class EditClient(OneClient):
    """Parameters of ``clients.edit``."""

    part: str = Field(
        max_length=40,
        description="What is told: about, offer, price, audience, positioning, edge, "
        "voice, avoid, proof, messages, look, colours, ...",
    )
    text: str = Field(
        max_length=4_000, description="What is so now; none takes it out of the profile"
    )
    version: int | None = Field(
        default=None,
        ge=0,
        le=2**31 - 1,
        description="The version you looked at: if the same part was changed since, "
        "nothing is done and you are told who did",
    )


class RenameClient(Frozen):
    """Parameters of ``clients.rename``."""

    name: str = Field(min_length=1, max_length=80, description="The brand")
    to: Named = Field(min_length=1, max_length=80, description="Its new name")


class NamedClient(Frozen):
    """Parameters of what must not happen to the current brand by mistake."""

    name: str = Field(min_length=1, max_length=80, description="The brand's name")


class PartShown(Frozen):
    """A seventh of a profile."""

    name: str = Field(description="The part's short name, as edit takes it")
    title: str = Field(description="What it is called")
    facts: dict[str, str] = Field(description="What is known, by label; empty: nothing")


class Profile(Frozen):
    """A brand as it stands."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    version: int = Field(description="The profile's version, 0 before the first")
    shown: int | None = Field(
        default=None, description="The earlier version that is shown, if one is"
    )
    is_archived: bool = Field(default=False, description="Whether it was put away")
    parts: list[PartShown] = Field(description="The seven parts, in order")


class Chosen(Frozen):
    """The brand a conversation is about now."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    created: bool = Field(default=False, description="Whether it was just made")


class ClientLine(Frozen):
    """A brand in a list."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    version: int = Field(description="The profile's version, 0 before the first")


class Clients(Page):
    """The brands of a workspace, by name."""

    lines: list[ClientLine] = Field(description="The brands of this page")
    current: str = Field(default="", description="The current one; empty for none")
    archived: bool = Field(default=False, description="Whether these were put away")


class Picked(Frozen):
    """The brands a text may be about."""

    lines: list[ClientLine] = Field(description="None, one, or those to choose from")
    is_sure: bool = Field(description="Whether it is the one, without asking anybody")


class PartEdited(Frozen):
    """A part of a profile was told anew."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    part: str = Field(description="What the part is called")
    version: int = Field(description="The version in force now")
    before: str = Field(description="What it was; empty for nothing")
    after: str = Field(description="What it is; empty for nothing")
    is_new: bool = Field(description="False: it was known so already")


class Renamed(Frozen):
    """A brand has another name."""

    client_id: UUID
    name: str = Field(description="The new name")
    before: str = Field(description="The old name")
    version: int = Field(description="The profile's version now")


class Shelved(Frozen):
    """A brand was put away, or taken out again."""

    client_id: UUID
    name: str = Field(description="The brand's name")
    is_archived: bool = Field(description="Whether it is away now")
    is_new: bool = Field(description="False: it was so already")
