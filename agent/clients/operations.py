"""What can be asked of the clients room."""

from agent.clients import brands, queries
from agent.clients.errors import ClientExists
from agent.clients.profile import slug
from agent.clients.schemas import Chosen, Clients, NewClient, Profile, ShowClient
from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Nothing


@operation(
    "clients.new",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command("client new", takes=("name",)),
)
async def new_client(ctx: Ctx, p: NewClient) -> Chosen:
    """Add a client and work on it.

    Raises:
        ClientExists: One of that name is there.
    """
    name = " ".join(p.name.split())
    made = await queries.insert(ctx.session, ctx.caller, name=name, slug=slug(name))
    if made is None:  # perhaps under another spelling
        raise ClientExists(await queries.name_of(ctx.session, slug(name)) or name)
    return Chosen(client_id=made, name=name, created=True)


@operation(
    "clients.show",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command("client show", takes=("name",)),
)
async def show_client(ctx: Ctx, p: ShowClient) -> Profile:
    """Show what I know about a client, and what is still empty.

    Raises:
        BadInput: No client is named, and none is current.
        NoSuchClient, NearClients: The name fits none, or several.
    """
    if p.name:
        client_id, _ = await brands.pick(ctx.session, p.name)
    elif ctx.caller.client_id is not None:
        client_id = ctx.caller.client_id
    else:
        raise BadInput(
            "No client is chosen here.",
            hint="/client use <name>, or /client new <name>.",
        )
    return await brands.profile(ctx.session, client_id)


@operation(
    "clients.list",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command("client", in_menu=True),
)
async def list_clients(ctx: Ctx, p: Nothing) -> Clients:  # noqa: ARG001 - no parameters
    """List your clients; /client new, use and show do the rest."""
    known = await queries.all_clients(ctx.session)
    current = next((n for i, n in known if i == ctx.caller.client_id), "")
    names = sorted((name for _, name in known), key=lambda name: name != current)
    return Clients(names=names, current=current)


OPERATIONS = (new_client, show_client, list_clients)
