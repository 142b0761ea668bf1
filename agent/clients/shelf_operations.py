"""Renaming a client, putting it away, and taking it out again."""

from sqlalchemy.exc import IntegrityError

from agent.clients import brands, editing, queries
from agent.clients.errors import ClientArchived, ClientExists, NoSuchClient
from agent.clients.names import slug, tidy
from agent.clients.operations import EVERYWHERE, NAME, Unseen
from agent.clients.schemas import NamedClient, RenameClient, Renamed, Shelved
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, operation
from agent.ports import Change


@operation(
    "clients.rename",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client rename",
        takes=("name", "to"),
        says=(rf"rename (?!workspace|team)(?:client )?{NAME} to (?P<to>.{{1,80}})",),
    ),
    example={"name": "Yaz Automate", "to": "Yaz"},
)
async def rename_client(ctx: Ctx, p: RenameClient) -> Renamed:
    """Give a client another name; its runs, pieces and history stay with it.

    Raises:
        NoSuchClient, NearClients, ClientArchived: The name fits none, or several.
        ClientExists: Another one is called so.
    """
    client_id, before = await brands.pick(ctx.session, p.name)
    name = tidy(p.to)
    if not name:
        raise Unseen("to")
    try:
        async with ctx.session.begin_nested():
            await queries.rename(ctx.session, client_id, name, slug(name))
    except IntegrityError as error:
        raise ClientExists(name) from error
    number = await editing.renamed(ctx, client_id, before)
    changed = Change(
        "client", str(client_id), {"name": before}, {"name": name}, label=name
    )
    ctx.changed(changed)
    return Renamed(client_id=client_id, name=name, before=before, version=number)


@operation(
    "clients.archive",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client archive",
        takes=("name",),
        says=(rf"archive (?:client )?{NAME}",),
    ),
    example={"name": "Yaz Automate"},
)
async def archive_client(ctx: Ctx, p: NamedClient) -> Shelved:
    """Put a client away: it is hidden everywhere, and nothing of it is lost.

    Raises:
        NoSuchClient, NearClients: The name fits none, or several.
    """
    try:
        client_id, name = await brands.pick(ctx.session, p.name)
    except ClientArchived:
        client_id, name = await brands.pick_archived(ctx.session, p.name)
    is_new = await queries.archive(ctx.session, client_id, archived=True)
    if is_new:
        ctx.changed(_away(client_id, name, before=False))
    return Shelved(client_id=client_id, name=name, is_archived=True, is_new=is_new)


@operation(
    "clients.restore",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client restore",
        takes=("name",),
        says=(rf"restore (?:client )?{NAME}",),
    ),
    example={"name": "Yaz Automate"},
)
async def restore_client(ctx: Ctx, p: NamedClient) -> Shelved:
    """Bring back a client that was put away.

    Raises:
        NoSuchClient, NearClients: The name fits none, or several.
    """
    try:
        client_id, name = await brands.pick_archived(ctx.session, p.name)
    except NoSuchClient:
        client_id, name = await brands.pick(ctx.session, p.name)
    is_new = await queries.archive(ctx.session, client_id, archived=False)
    if is_new:
        ctx.changed(_away(client_id, name, before=True))
    return Shelved(client_id=client_id, name=name, is_archived=False, is_new=is_new)


def _away(client_id: object, name: str, *, before: bool) -> Change:
    return Change(
        "client",
        str(client_id),
        before={"archived": before},
        after={"archived": not before},
        label=name,
    )


OPERATIONS = (rename_client, archive_client, restore_client)
