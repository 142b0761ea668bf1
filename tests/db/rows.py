"""A minimal valid row for every table, made from the models alone.

A new table needs nothing here unless one of its checks ties columns together; then it
names them in ``TIED``. A table that no row can be made for fails every such test.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Connection, Table, insert
from uuid_utils.compat import uuid7

import db.tables  # noqa: F401 - fills the metadata
from db.base import Base

TABLES = dict(Base.metadata.tables)
LATER = datetime(2100, 1, 1, tzinfo=UTC)

TIED: dict[str, dict[str, Any]] = {
    "access_tokens": {"expires_at": LATER},
    "approvals": {"subject_type": "operation", "params_hash": b"hash"},
    "feedback": {"overall_score": 3},
    "inbox": {"body": b"{}"},
    "rules": {"scope": "user"},
    "throttles": {"kind": "rate"},
}
"""What a table's checks ask of several columns at once."""

BY_TYPE: dict[type, Any] = {
    int: 7,
    bool: False,
    object: {},  # JSON
    list: [],
    Decimal: Decimal(1),
    datetime: LATER,
    date: LATER.date(),
}

_number = count(1)


class Rows:
    """Rows of one person in one workspace, each table's made when first asked for."""

    def __init__(self, connection: Connection, workspace: UUID, user: UUID) -> None:
        """Insert through ``connection``, the owner's, where both exist already."""
        self._connection = connection
        self._made = {"workspaces": {"id": workspace}, "users": {"id": user}}

    @classmethod
    def afresh(cls, connection: Connection, workspace: UUID, user: UUID) -> Self:
        """Insert the workspace and the person too."""
        rows = cls(connection, workspace, user)
        for name in ("workspaces", "users"):
            values = rows.draft(name) | rows.keys(name)
            connection.execute(insert(TABLES[name]).values(values))
        return rows

    def keys(self, name: str) -> dict[str, Any]:
        """Return the primary key of this workspace's row of a table."""
        if name not in self._made:
            table = TABLES[name]
            added = self._connection.execute(
                insert(table).values(self.draft(name)).returning(*table.primary_key)
            )
            self._made[name] = dict(added.mappings().one())
        return self._made[name]

    def use(self, name: str, key: UUID) -> None:
        """Let the next rows point at the row ``key`` of a table."""
        self._made[name] = {"id": key}

    def draft(self, name: str) -> dict[str, Any]:
        """Return the values of a new row, its parents inserted."""
        table = TABLES[name]
        asked = [column for column in table.columns if _is_asked(column)]
        own = [
            table.columns[key] for key in ("workspace_id", "user_id") if key in table.c
        ]
        values = {column.name: self._value(column) for column in {*asked, *own}}
        return values | TIED.get(name, {})

    def _value(self, column: Column[Any]) -> Any:
        for key in column.foreign_keys:
            parent = key.column
            if parent.name == "id":
                return self.keys(parent.table.name)["id"]
        return _some(column)


def _is_asked(column: Column[Any]) -> bool:
    given = column.server_default is not None or column.computed is not None
    return not (column.nullable or given)


def _some(column: Column[Any]) -> Any:
    if words := _words(column):
        return words[0]
    kind = column.type.python_type
    if kind is UUID:
        return uuid7()
    if kind in {str, bytes}:
        name = f"{column.name}-{next(_number)}"
        return name if kind is str else name.encode()
    return BY_TYPE[kind]


def _words(column: Column[Any]) -> list[str]:
    table: Table = column.table
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            found = re.fullmatch(rf"{column.name} IN \((.*)\)", str(check.sqltext))
            if found:
                return re.findall(r"'(\w+)'", found[1])
    return []
