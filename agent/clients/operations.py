"""What can be asked of the clients room: brands, and what is known of them."""

import re
from functools import partial
from uuid import UUID

from agent.clients import brands, editing, facts, mentions, queries, versions
from agent.clients.editing import Intent
from agent.clients.errors import ClientExists
from agent.clients.facts import WORDS
from agent.clients.names import slug, tidy
from agent.clients.schemas import (
    Chosen,
    ClientLine,
    Clients,
    EditClient,
    ListClients,
    NewClient,
    OneClient,
    PartEdited,
    PickClient,
    Picked,
    Profile,
)
from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Order

EVERYWHERE = {Surface.CHAT, Surface.BUTTON, Surface.TOOL, Surface.REST, Surface.MCP}
NAME = r"(?P<name>\S+?(?: \S+?){0,4})"
"""A brand's name in plain words; longer ones are given to the command."""

BY_NAME = Order("clients", tuple[str, UUID])
NOTHING = frozenset({"", "-", "none", "nothing", "empty"})

_AS_OF = re.compile(r"(?:(?P<name>.+?)\s+)?as of\s+(?P<when>.+)", re.IGNORECASE)


class Unseen(BadInput):
    """A name that nobody could see."""

    code = "name_unseen"

    def __init__(self, field: str) -> None:
        """Name the field."""
        super().__init__(
            f"{field}: nobody could see that name.", hint="Use letters or signs."
        )


class NoClientChosen(BadInput):
    """No brand is named, and the conversation is about none."""

    code = "no_client_chosen"

    def __init__(self) -> None:
        """Say how to choose."""
        super().__init__(
            "No client is chosen here.",
            hint="/client use <name>, or /client new <name>.",
        )


@operation(
    "clients.new",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client new",
        takes=("name",),
        says=(r"(?:add |make |create )?(?:a )?new client:? (?P<name>.{1,80})",),
    ),
    example={"name": "Yaz Automate"},
)
async def new_client(ctx: Ctx, p: NewClient) -> Chosen:
    """Add a client and work on it.

    Raises:
        ClientExists: One of that name is there.
    """
    name = tidy(p.name)
    if not name:
        raise Unseen("name")
    made = await queries.insert(ctx.session, ctx.caller, name=name, slug=slug(name))
    if made is None:  # perhaps under another spelling
        there = await queries.by_slug(ctx.session, slug(name))
        raise ClientExists(
            there["name"] if there else name,
            is_archived=bool(there and there["is_archived"]),
        )
    ctx.changed(Change("client", str(made), after={"name": name}, label=name))
    return Chosen(client_id=made, name=name, created=True)


@operation(
    "clients.show",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "client",
        takes=("name",),
        in_menu=True,
        also=("client show", "foundation"),
        says=(
            r"(?:show )?(?:me )?(?:(?:the|our) )?(?:client|foundation|client profile)",
            r"show client (?P<name>.+)",
            r"(?P<name>\S+(?: \S+){0,4} as of (?:yesterday|last \w+|\d.{1,20}))",
        ),
    ),
    example={"name": "Yaz Automate"},
)
async def show_client(ctx: Ctx, p: OneClient) -> Profile:
    """Show what I know about a client in seven parts, and what is still empty.

    ``Acme as of yesterday`` shows how it stood then.

    Raises:
        NoClientChosen: No client is named, and none is current.
        NoSuchClient, NearClients, ClientArchived: The name fits none, or several.
    """
    then = _AS_OF.fullmatch(p.name.strip())
    if then is None:
        return await brands.profile_of(ctx.session, await named(ctx, p))
    client_id = await named(ctx, OneClient(name=then["name"] or ""))
    return await versions.profile_then(ctx, client_id, then["when"])


@operation(
    "clients.list",
    effect=Effect.READ,
    role=Role.VIEWER,
    on=EVERYWHERE,
    command=Command(
        "clients",
        in_menu=True,
        also=("client list",),
        says=(r"(?:list |show )?(?:all )?(?:my |our |the )?clients",),
    ),
    example={"limit": 20},
)
async def list_clients(ctx: Ctx, p: ListClients) -> Clients:
    """List your clients; /client new, use and show do the rest.

    Raises:
        BadCursor: The cursor is not of this list.
    """
    after = BY_NAME.after(p)
    found = await queries.page(ctx.session, after, p.limit + 1, archived=p.archived)
    rows, more = BY_NAME.cut(found, p, lambda row: (row["place"], row["id"]))
    current = ctx.caller.client_id
    at = await queries.current(ctx.session, current) if current else None
    return Clients(
        lines=[_line(row["id"], row["name"], row["version"]) for row in rows],
        current=at["name"] if at and at["archived_at"] is None else "",
        archived=p.archived,
        next_cursor=more,
    )


@operation(
    "clients.pick",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.TOOL, Surface.REST, Surface.MCP},
    example={"text": "homepage copy for Yaz Automate"},
)
async def pick_client(ctx: Ctx, p: PickClient) -> Picked:
    """Find which client a text is about, by the names in it."""
    found = await mentions.found(ctx.session, p.text)
    fits = [brand for brand in found.fits if not brand.is_archived]
    return Picked(
        lines=[_line(brand.id, brand.name, brand.version) for brand in fits],
        is_sure=found.is_sure and len(fits) == 1,
    )


@operation(
    "clients.edit",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=EVERYWHERE,
    command=Command(
        "client edit",
        takes=("part", "text"),
        says=(
            rf"our (?:brand )?(?P<part>{WORDS}) ?(?::|=|is now) ?(?P<text>.+)",
            rf"{NAME}['\u2019]s? (?P<part>{WORDS}) ?(?::|=|is now) ?(?P<text>.+)",
        ),
    ),
    example={"name": "Yaz Automate", "part": "voice", "text": "calm, exact, warm"},
)
async def edit_client(ctx: Ctx, p: EditClient) -> PartEdited:
    """Tell one part of a client's profile anew; earlier versions stay in its history.

    Raises:
        NoClientChosen, NoSuchClient, NearClients, ClientArchived: Whose is not clear.
        NoSuchPart, TooLong: It does not fit into a profile.
        StaleEdit: ``version`` is given, and the same part was changed since.
    """
    client_id = await named(ctx, p)
    text = "" if p.text.strip().casefold() in NOTHING else p.text
    # "our voice: no exclamation marks" is one more thing that it must not do.
    named_one, fact = facts.fact(p.part), facts.meant(p.part, text)
    adds = fact is not named_one
    edit = partial(facts.written, fact=fact, text=text, adds=adds)
    fields = frozenset({fact.field})
    intent = Intent(edit, "edit", fields=fields, expected=p.version)
    done = await editing.change(ctx, client_id, intent)
    return PartEdited(
        client_id=client_id,
        name=done.name,
        part=facts.title(named_one),
        version=done.version,
        before=done.before.get(fact.field, ""),
        after=done.after.get(fact.field, ""),
        is_new=bool(done.before or done.after),
    )


async def named(ctx: Ctx, p: OneClient) -> UUID:
    """The brand that is meant: by its id, its name, or as the current one.

    Raises:
        NoClientChosen: None is named, and none is current.
        NoSuchClient, NearClients, ClientArchived: The name fits none, or several.
    """
    if p.client_id is not None:
        return p.client_id
    if p.name.strip():
        return (await brands.pick(ctx.session, p.name))[0]
    if ctx.caller.client_id is None:
        raise NoClientChosen
    return ctx.caller.client_id


def _line(client_id: UUID, name: str, version: int) -> ClientLine:
    return ClientLine(client_id=client_id, name=name, version=version)


OPERATIONS = (new_client, list_clients, edit_client, pick_client, show_client)
