"""Two workspaces that every test database begins with, and who is in them.

| workspace | person | role   | Telegram id |
|-----------|--------|--------|-------------|
| ACME      | ANA    | owner  | 101         |
| ACME      | BOB    | member | 102         |
| RIVAL     | EVE    | owner  | 201         |

Nothing else is there: no chat, no brand, no skill.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert

from db.tables.identity import User, UserChannel, Workspace, WorkspaceMember

ACME = UUID("00000000-0000-7000-8000-00000000ac3e")
RIVAL = UUID("00000000-0000-7000-8000-000000007e4a")
ANA = UUID("00000000-0000-7000-8000-000000000a4a")
BOB = UUID("00000000-0000-7000-8000-000000000b0b")
EVE = UUID("00000000-0000-7000-8000-000000000e4e")


class Person(NamedTuple):
    """One member, as above."""

    user_id: UUID
    name: str
    workspace_id: UUID
    role: str
    telegram: str


PEOPLE = (
    Person(ANA, "Ana", ACME, "owner", "101"),
    Person(BOB, "Bob", ACME, "member", "102"),
    Person(EVE, "Eve", RIVAL, "owner", "201"),
)


def sow(connection: Connection) -> None:
    """Insert the table above, as the owner."""
    connection.execute(
        insert(Workspace),
        [
            {"id": ACME, "name": "Acme", "kind": "team"},
            {"id": RIVAL, "name": "Rival", "kind": "team"},
        ],
    )
    for person in PEOPLE:
        _add(connection, person)


def _add(connection: Connection, person: Person) -> None:
    connection.execute(
        insert(User).values(id=person.user_id, full_name=person.name),
    )
    connection.execute(
        insert(WorkspaceMember).values(
            workspace_id=person.workspace_id,
            user_id=person.user_id,
            role=person.role,
            display_name=person.name,
        )
    )
    connection.execute(
        insert(UserChannel).values(
            user_id=person.user_id,
            workspace_id=person.workspace_id,
            channel="telegram",
            channel_user_id=person.telegram,
        )
    )
