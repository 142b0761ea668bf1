"""What can be asked about files that people sent."""

from uuid import UUID

from sqlalchemy import RowMapping

from agent.clients import asset_queries
from agent.clients.asset_schemas import (
    FileDeleted,
    FileLine,
    Files,
    ListFiles,
    NamedFile,
)
from agent.clients.operations import EVERYWHERE
from agent.ctx import Ctx, Role
from agent.errors import Forbidden, NotFound
from agent.operation import Command, Effect, operation
from agent.ports import Change
from agent.shapes import Order

NEWEST = Order("files", UUID)


class NoSuchFile(NotFound):
    """No file is called so."""

    code = "no_such_file"

    def __init__(self, name: str) -> None:
        """Say how to see what there is."""
        super().__init__(
            f"I have no file called {name}.", hint="/files lists what I have."
        )


class NotYourFile(Forbidden):
    """A colleague sent it."""

    code = "not_your_file"

    def __init__(self, name: str) -> None:
        """Say who can."""
        super().__init__(
            f"A colleague sent {name}.", hint="They can delete it, or an admin."
        )


@operation(
    "clients.files",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "files",
        also=("file list",),
        says=(r"(?:list |show )?(?:me )?(?:all )?(?:my |our |the )?(?:files|uploads)",),
    ),
    example={"limit": 20},
    reads_outside=True,
)
async def list_files(ctx: Ctx, p: ListFiles) -> Files:
    """List the files you sent me.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    before = NEWEST.after(p)
    found = await asset_queries.listed(ctx.session, p.limit + 1, before=before)
    rows, more = NEWEST.cut(found, p, lambda row: row["id"])
    return Files(lines=[_line(row) for row in rows], next_cursor=more)


@operation(
    "clients.delete_file",
    effect=Effect.DESTROY,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "file delete",
        takes=("name",),
        says=(r"delete (?:the )?file (?P<name>.{1,100})",),
    ),
    example={"name": "offer.pdf"},
)
async def delete_file(ctx: Ctx, p: NamedFile) -> FileDeleted:
    """Delete a file you sent me; what was written from it stays.

    Raises:
        NoSuchFile: No file is called so.
        NotYourFile: A colleague sent it, and the caller is no admin.
    """
    called = p.name.strip()
    found = await asset_queries.named(ctx.session, called)
    theirs = [row for row in found if _may_delete(ctx, row)]
    if found and not theirs:
        raise NotYourFile(called)
    name = await asset_queries.expire(ctx.session, theirs[0]["id"]) if theirs else None
    if name is None:
        raise NoSuchFile(called)
    asset_id = str(theirs[0]["id"])
    ctx.changed(Change("asset", asset_id, before={"name": name}, label=name))
    return FileDeleted(name=name)


def _may_delete(ctx: Ctx, row: RowMapping) -> bool:
    is_own = row["uploaded_by_id"] == ctx.caller.user_id
    return is_own or ctx.caller.role >= Role.ADMIN


def _line(row: RowMapping) -> FileLine:
    return FileLine(
        file_id=row["id"],
        name=row["name"],
        kind=row["kind"],
        mime=row["mime"],
        size_bytes=row["bytes"],
        facts=row["facts"],
        note=row["note"],
        sent_at=row["created_at"],
    )


OPERATIONS = (list_files, delete_file)
