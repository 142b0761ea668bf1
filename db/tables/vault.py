"""Keys we hold for others."""

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped

from db.base import Base, Moment, Tenant


class WorkspaceKey(Base):
    """A workspace's own data key, wrapped by the installation's key."""

    __tablename__ = "workspace_keys"
    __table_args__ = (
        PrimaryKeyConstraint("workspace_id", "kid"),
        Index(
            "uq_workspace_keys_workspace_id",
            "workspace_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    workspace_id: Mapped[Tenant]
    created_at: Mapped[Moment]
    kid: Mapped[str]
    wrapped_key: Mapped[bytes]
    retired_at: Mapped[datetime | None]
