"""What can be asked of API keys."""

from agent.ctx import Ctx, Role
from agent.errors import Forbidden, NotFound
from agent.identity import key_queries, keys
from agent.identity.key_schemas import (
    KeyLine,
    Keys,
    MadeKey,
    NewKey,
    OneKey,
    RevokedKey,
)
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Nothing


class NoSuchKey(NotFound):
    """No live key of the caller's is meant, or more than one."""

    code = "no_such_key"

    def __init__(self, name: str, *, several: bool = False) -> None:
        """Say which."""
        what = "More than one key is" if several else "You have no key"
        called = f" called {name!r}" if name else ""
        super().__init__(f"{what}{called}.", hint="/keys lists them with their starts.")


@operation(
    "identity.new_key",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command("key new", takes=("name",)),
    example={"name": "Zapier", "scopes": "read", "days": 90},
    personal=True,
)
async def new_key(ctx: Ctx, p: NewKey) -> MadeKey:
    """Make an API key for a program of yours; it is shown once.

    Raises:
        BadInput: A scope is none.
        Forbidden: Others read along in this chat, or a key asks.
    """
    await _ensure_alone(ctx)
    scopes = keys.scopes(p.scopes)
    fresh = keys.fresh()
    made = await key_queries.add(
        ctx.session,
        {
            "user_id": ctx.caller.user_id,
            "workspace_id": ctx.caller.workspace_id,
            "name": p.name,
            "prefix": fresh.prefix,
            "token_hash": fresh.token_hash,
            "scopes": scopes,
            "days": p.days,
        },
    )
    after = {"name": p.name, "scopes": scopes, "expires_at": made["expires_at"]}
    ctx.changed(Change("api_key", str(made["key_id"]), None, after, "secret"))
    return MadeKey(key=fresh.key, name=p.name, scopes=scopes, **made)


@operation(
    "identity.keys",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command("keys", in_menu=True),
    personal=True,
)
async def list_keys(ctx: Ctx, p: Nothing) -> Keys:  # noqa: ARG001 - takes none
    """List your API keys, and when each was last used."""
    rows = await key_queries.live(ctx.session, ctx.caller.workspace_id)
    return Keys(lines=[KeyLine(**row) for row in rows])


@operation(
    "identity.revoke_key",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command("key revoke", takes=("name",)),
    example={"name": "Zapier"},
    personal=True,
)
async def revoke_key(ctx: Ctx, p: OneKey) -> RevokedKey:
    """End an API key of yours, at once.

    Raises:
        NoSuchKey: None of yours is meant, or several are.
    """
    if not p.name and p.key_id is None:
        raise NoSuchKey("")
    found = await key_queries.matching(
        ctx.session, ctx.caller.workspace_id, p.name, p.key_id
    )
    if len(found) != 1:
        raise NoSuchKey(p.name, several=bool(found))
    [one] = found
    await key_queries.revoke(ctx.session, one["key_id"])
    before = {"name": one["name"], "scopes": one["scopes"]}
    ctx.changed(Change("api_key", str(one["key_id"]), before, None, "secret"))
    return RevokedKey(key_id=one["key_id"], name=one["name"])


async def _ensure_alone(ctx: Ctx) -> None:
    if ctx.caller.scopes is not None:
        raise Forbidden(
            "A key cannot make keys.", hint="Ask for one in the chat or on the page."
        )
    here = ctx.caller.chat_id
    if here and await key_queries.kind_of(ctx.session, here) != "private":
        raise Forbidden(
            "Others could read the key here.",
            hint="Write me privately: /key new <name>.",
        )


OPERATIONS = (new_key, list_keys, revoke_key)
