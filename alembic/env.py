"""Run migrations as the tables' owner, all in one transaction.

``db.schema`` hands its connection over. A bare ``alembic`` command that needs none
(history, heads) runs too; the others are ``draper db``'s.
"""

from alembic import context
from sqlalchemy import Connection

import db.tables  # noqa: F401 - fills the metadata
from db.base import Base


def migrate(connection: Connection) -> None:
    """Do what the command asks, over ``connection``."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=False,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is None:
    raise SystemExit("Use `draper db upgrade`: migrations run as the tables' owner.")
migrate(given)
