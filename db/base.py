"""The declarative base and the column habits all tables share."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CHAR,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Text,
    TextClause,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
EMBEDDING_DIM = 384
"""Fixed by the first migration that has a vector; another is a migration."""

Small = Annotated[int, mapped_column(SmallInteger)]
Big = Annotated[int, mapped_column(BigInteger)]
Money = Annotated[Decimal, mapped_column(Numeric(12, 6))]
Code = Annotated[str, mapped_column(CHAR(3))]
Json = dict[str, Any]
JsonList = list[Any]
Words = list[str]
Numbers = list[int]
Inet = Annotated[str, mapped_column(INET)]
Search = Annotated[str, mapped_column(TSVECTOR)]

NOW = text("now()")
EMPTY = text("'{}'")
NONE = text("'[]'")
OFF, ON = text("false"), text("true")
ZERO, ONE = text("0"), text("1")

Id = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
Moment = Annotated[datetime, mapped_column(server_default=NOW)]
"""An instant the database notes by itself when the row is made."""
Tenant = Annotated[UUID, mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))]
"""The tenant a row belongs to; ``db.rls`` guards the table."""

RULES = {"cascade": "CASCADE", "restrict": "RESTRICT", "null": "SET NULL"}


class Base(DeclarativeBase):
    """Root of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any]]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        bytes: LargeBinary(),
        Json: JSONB(none_as_null=True),
        JsonList: JSONB(none_as_null=True),
        Words: ARRAY(Text()),
        Numbers: ARRAY(SmallInteger()),
    }


def word(default: str) -> TextClause:
    """Return a text column's default."""
    return text(f"'{default}'")


def to(table: str, rule: str) -> ForeignKey:
    """Return a key into a parent that belongs to no workspace, or may not."""
    return ForeignKey(f"{table}.id", ondelete=RULES[rule])


def inside(
    column: str, table: str, rule: str, *, circular: bool = False
) -> ForeignKeyConstraint:
    """Return a key that cannot leave the row's workspace.

    It covers both columns, since row security does not check what a key points at.
    ``circular``: the parent points back, so that neither table comes first.
    """
    rules = RULES | {"null": f"SET NULL ({column})"}
    return ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        ondelete=rules[rule],
        use_alter=circular,
    )


def one_of(column: str, words: str) -> CheckConstraint:
    """Return the check that ``column`` is one of the space-separated ``words``."""
    listed = ", ".join(f"'{word}'" for word in words.split())
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def sparse(*columns: str) -> Index:
    """Return the index of a key that is mostly unset, over the rows that set it."""
    return Index(None, *columns, postgresql_where=text(f"{columns[-1]} IS NOT NULL"))
