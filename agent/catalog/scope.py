"""What a setting of the catalogue is for."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """For what a model is chosen; None is all of them."""

    skill_id: UUID | None = None
    client_id: UUID | None = None
