"""What can be asked of the vault: keys of models and services, kept sealed."""

from uuid import UUID

from agent import recognise
from agent.ctx import Ctx, Role
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change, Tried
from agent.shapes import Nothing
from agent.vault import connection_queries as queries
from agent.vault import connections, keys
from agent.vault.connections import Entry
from agent.vault.errors import HalfAKey, NoSuchKey
from agent.vault.providers import PROVIDERS, Provider
from agent.vault.schemas import (
    KeepKey,
    KeptKey,
    KeptKeys,
    KeyLine,
    OfProvider,
    RemovedKey,
    ReplaceKey,
    RotatedWorkspaceKey,
    TestedKey,
)

FAULTS = {
    "refused": "The key was refused.",
    "no_credit": "There is no credit left on the account.",
}

PEOPLE = {Surface.CHAT, Surface.BUTTON}
MACHINES = {Surface.REST, Surface.MCP}


@operation(
    "vault.keep",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={*PEOPLE, Surface.REST},
    command=Command("key", takes=("provider",), in_menu=True),
    example={"provider": "anthropic", "secret": "sk-ant-api03-an-example-key"},
    personal=True,
)
async def keep(ctx: Ctx, p: KeepKey) -> KeptKey:
    """Keep a key of your own for a model or a service, sealed.

    One test call is made with it; a key that is refused is not kept.

    Raises:
        HalfAKey: It is not whole, or somebody else's.
    """
    return await keep_key(ctx, PROVIDERS[p.provider], p.secret.get_secret_value())


@operation(
    "vault.list",
    effect=Effect.READ,
    role=Role.ADMIN,
    on={*PEOPLE, *MACHINES, Surface.TOOL},
    command=Command("key list"),
    personal=True,
)
async def list_keys(ctx: Ctx, p: Nothing) -> KeptKeys:  # noqa: ARG001 - no parameters
    """List the keys of models and services that are kept, without the keys."""
    rows = await queries.listed(ctx.session)
    return KeptKeys(
        keys=[
            KeyLine(
                provider=row["provider"],
                title=_title(row["provider"]),
                hint=row["secret_hint"] or "",
                status=row["status"],
                client=row["client_name"] or "",
                added_at=row["created_at"],
                last_ok_at=row["last_ok_at"],
                last_used_at=row["last_used_at"],
            )
            for row in rows
        ]
    )


@operation(
    "vault.test",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={*PEOPLE, *MACHINES},
    command=Command("key test", takes=("provider",)),
    example={"provider": "anthropic"},
    personal=True,
)
async def test(ctx: Ctx, p: OfProvider) -> TestedKey:
    """Make one cheap call with a kept key and say what came of it.

    Raises:
        NoSuchKey: None of that provider is kept.
    """
    connection_id, hint = await _kept(ctx, p.provider)
    async with ctx.at_home.as_role("vault") as session:
        opened = await connections.open_one(
            session, ctx.at_home.key, ctx.caller.workspace_id, connection_id
        )
    if opened is None:
        raise NoSuchKey(p.provider)
    tried = await _try(ctx, p.provider, opened.secret)
    await _note(ctx, connection_id, tried)
    ctx.changed(_change(connection_id, None, {"tested": tried}))
    title = PROVIDERS[p.provider].title
    return TestedKey(provider=p.provider, title=title, hint=hint, tried=tried)


@operation(
    "vault.rotate",
    effect=Effect.WRITE,
    role=Role.ADMIN,
    on={*PEOPLE, Surface.REST},
    command=Command("key replace", takes=("provider",)),
    example={"provider": "anthropic", "secret": "sk-ant-api03-another-example"},
    personal=True,
)
async def rotate(ctx: Ctx, p: ReplaceKey) -> KeptKey:
    """Put a new key in the place of one that is kept.

    Raises:
        NoSuchKey: None of that provider is kept.
        HalfAKey: It is not whole, or somebody else's.
    """
    await _kept(ctx, p.provider)
    return await keep_key(ctx, PROVIDERS[p.provider], p.secret.get_secret_value())


@operation(
    "vault.remove",
    effect=Effect.DESTROY,
    role=Role.ADMIN,
    on={*PEOPLE, *MACHINES},
    command=Command("key remove", takes=("provider",)),
    example={"provider": "anthropic"},
    personal=True,
)
async def remove(ctx: Ctx, p: OfProvider) -> RemovedKey:
    """Remove a kept key for good.

    Raises:
        NoSuchKey: None of that provider is kept.
    """
    connection_id, hint = await _kept(ctx, p.provider)
    await queries.delete(ctx.session, connection_id)
    before = {"provider": p.provider, "hint": hint}
    ctx.changed(
        Change("connection", str(connection_id), before, None, category="secret")
    )
    return RemovedKey(provider=p.provider, title=PROVIDERS[p.provider].title)


@operation(
    "vault.rotate_workspace_key",
    effect=Effect.WRITE,
    role=Role.OWNER,
    on={Surface.CHAT, Surface.REST},
    command=Command("key renew seals"),
    personal=True,
)
async def rotate_workspace_key(ctx: Ctx, p: Nothing) -> RotatedWorkspaceKey:  # noqa: ARG001 - no parameters
    """Change the key that seals this workspace's secrets, and seal them anew."""
    workspace_id, home = ctx.caller.workspace_id, ctx.at_home
    async with home.as_role("vault") as session:
        kid = await keys.rotate(session, home.key, workspace_id)
        done = await connections.reseal(session, home.key, workspace_id)
    after = {"kid": kid, "resealed": done}
    ctx.changed(Change("workspace_key", kid, None, after, category="secret"))
    return RotatedWorkspaceKey(resealed=done)


async def keep_key(ctx: Ctx, whose: Provider, given: str) -> KeptKey:
    """Try a key and keep it, unless its provider refuses it.

    Raises:
        HalfAKey: It is not whole, or somebody else's.
    """
    secret = _whole(whose, given)
    tried = await _try(ctx, whose.name, secret)
    hint = recognise.hint(secret)
    kept = KeptKey(provider=whose.name, title=whose.title, hint=hint, tried=tried)
    if tried == "refused":
        return kept.model_copy(update={"is_kept": False})
    entry = Entry(
        ctx.ids.new(),
        ctx.caller.workspace_id,
        whose.name,
        whose.kind,
        ctx.caller.user_id,
    )
    home = ctx.at_home
    async with home.as_role("vault") as session:
        connection_id, is_new = await connections.put(session, home.key, entry, secret)
    await _note(ctx, connection_id, tried)
    before = None if is_new else {"provider": whose.name}
    after = {"provider": whose.name, "hint": hint, "tested": tried}
    ctx.changed(_change(connection_id, before, after))
    return kept.model_copy(update={"replaced": not is_new})


def _whole(whose: Provider, given: str) -> str:
    """The key without the blanks it was pasted with.

    Raises:
        HalfAKey: It is not one whole key of theirs.
    """
    secret = "".join(given.split())
    found = recognise.find(given)
    if len(found) > 1 or (not found and whose.name in recognise.KNOWN):
        raise HalfAKey(whose.title)
    for one in found:
        if (one.provider, one.secret) != (whose.name, secret) or not one.is_whole:
            raise HalfAKey(whose.title)
    return secret


async def _try(ctx: Ctx, provider: str, secret: str) -> Tried:
    trials = ctx.at_home.trials
    return "untested" if trials is None else await trials.trial(provider, secret)


async def _note(ctx: Ctx, connection_id: UUID, tried: Tried) -> None:
    if tried in {"ok", *FAULTS}:
        status = "active" if tried == "ok" else "error"
        await queries.tested(ctx.session, connection_id, status, FAULTS.get(tried))


async def _kept(ctx: Ctx, provider: str) -> tuple[UUID, str]:
    for row in await queries.listed(ctx.session):
        if row["provider"] == provider and row["client_name"] is None:
            return row["id"], row["secret_hint"] or ""
    raise NoSuchKey(provider)


def _change(connection_id: UUID, before: object, after: object) -> Change:
    return Change(
        "connection",
        str(connection_id),
        before if isinstance(before, dict) else None,
        after if isinstance(after, dict) else None,
        category="secret",
    )


def _title(provider: str) -> str:
    found = PROVIDERS.get(provider)
    return found.title if found else provider


OPERATIONS = (
    keep,
    list_keys,
    test,
    rotate,
    remove,
    rotate_workspace_key,
)
