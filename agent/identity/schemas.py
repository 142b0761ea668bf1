"""Shapes of the identity room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grant:
    """What a one-time code stands for."""

    user_id: UUID | None = None
    workspace_id: UUID | None = None
    role: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
