"""What becomes of a key that was pasted into a chat: kept, or forgotten."""

from uuid import UUID

from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Effect, Surface, operation
from agent.vault import connection_queries as queries
from agent.vault import connections
from agent.vault.connections import Entry
from agent.vault.errors import PastedGone
from agent.vault.operations import keep_key
from agent.vault.providers import PROVIDERS
from agent.vault.schemas import DropPasted, DroppedKey, KeptKey, StorePasted

PASTED = "pasted:"
UNKNOWN = "unknown"
"""The provider of a pasted key that nobody's pattern fits."""


@operation(
    "vault.store_pasted",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.BUTTON},
)
async def store_pasted(ctx: Ctx, p: StorePasted) -> KeptKey:
    """Keep a key that was pasted in the chat.

    Raises:
        PastedGone: It was decided on already, or an hour ago.
        HalfAKey: It is not whole, or somebody else's.
    """
    home = ctx.at_home
    async with home.as_role("vault") as session:
        opened = await connections.open_one(
            session, home.key, ctx.caller.workspace_id, p.connection_id
        )
    if opened is None or not opened.is_fresh:
        raise PastedGone
    name = p.provider or opened.provider
    if name not in PROVIDERS:
        raise BadInput("Whose key is it?", hint="Press the service's name.")
    kept = await keep_key(ctx, PROVIDERS[name], opened.secret)
    await queries.delete_pasted(ctx.session, p.connection_id)
    return kept


@operation(
    "vault.drop_pasted",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={Surface.BUTTON},
)
async def drop_pasted(ctx: Ctx, p: DropPasted) -> DroppedKey:
    """Forget a key that was pasted in the chat."""
    await queries.delete_pasted(ctx.session, p.connection_id)
    return DroppedKey()


async def set_aside(ctx: Ctx, provider: str, secret: str) -> UUID:
    """Seal a pasted key until somebody presses what shall become of it; its row."""
    found = PROVIDERS.get(provider)
    entry = Entry(
        id=ctx.ids.new(),
        workspace_id=ctx.caller.workspace_id,
        provider=provider or UNKNOWN,
        kind=found.kind if found else "llm",
        user_id=ctx.caller.user_id,
        account=f"{PASTED}{ctx.caller.user_id}",
    )
    home = ctx.at_home
    async with home.as_role("vault") as session:
        made, _ = await connections.put(session, home.key, entry, secret)
    return made


OPERATIONS = (store_pasted, drop_pasted)
