"""The single gate. Every surface calls an operation through ``invoke``."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from agent import earshot, recognise
from agent.ctx import Caller, Ctx, Role, Via
from agent.earshot import AskedInPrivate
from agent.errors import BadInput, Forbidden, NeedsApproval
from agent.operation import Effect, Operation, P, R

GUARDED: Mapping[Via, frozenset[Effect]] = {
    # A person's press is its own consent; what cannot be undone asks once more.
    Via.PERSON: frozenset({Effect.DESTROY}),
    Via.OPERATOR: frozenset({Effect.DESTROY}),
    Via.MODEL: frozenset({Effect.SPEND, Effect.SEND, Effect.PUBLISH, Effect.DESTROY}),
}

_HALVES = re.compile("[\ud800-\udfff]")

TAINTED = GUARDED[Via.MODEL] | {Effect.WRITE}
"""Who has read a stranger's text may be doing the stranger's bidding: it only reads."""


async def invoke(op: Operation[P, R], ctx: Ctx, raw: Mapping[str, object]) -> R:
    """Check the call (role, shape, approval, budget), run it, and record it.

    Raises:
        Forbidden: The caller's role is below ``op.role``, or their key's scopes do
            not cover it.
        BadInput: ``raw`` does not fit ``op.params``; names the first bad field.
        NeedsApproval: The effect is guarded, and no unused approval is for this call.
        OverBudget: The operation spends, and nothing is left to spend.
        AskedInPrivate: It tells of what only the caller may read, and others read on.
    """
    _admit(op, ctx.caller)
    params = shape(op, raw)
    if op.effect in _guarded(ctx.caller):
        await _consent(op, ctx, params)
    ctx = replace(ctx, changes=[])
    if op.effect is Effect.SPEND:
        await ctx.budget.ensure_left(ctx.session, ctx.caller)
    result = await _made(op, ctx, params)
    if op.effect is not Effect.READ:
        await ctx.audit.record(
            ctx.session, ctx.caller, action=op.name, changes=ctx.changes
        )
    return result


async def _made(op: Operation[P, R], ctx: Ctx, params: P) -> R:
    """The call's result; one that tells something tells it to all who read it."""
    if op.effect is not Effect.READ or op.personal or op.tells_settings:
        return await op.run(ctx, params)
    try:
        return await earshot.told(ctx, partial(op.run, ctx, params))
    except AskedInPrivate as refused:
        refused.operation, refused.params = op.name, params.model_dump(mode="json")
        raise


def _admit(op: Operation[P, R], caller: Caller) -> None:
    try:
        ensure_role(caller, op.role)
        _ensure_scope(caller, op)
    except Forbidden as refused:
        refused.operation = op.name
        raise


def may(caller: Caller, op: Operation[P, R]) -> bool:
    """Whether this caller may call at all; for lists of what there is to do."""
    return caller.role >= op.role and _in_scope(caller, op)


def ensure_role(caller: Caller, lowest: Role) -> None:
    """Return when the caller stands high enough; for roles that a row names, too.

    Raises:
        Forbidden: The caller's role is below ``lowest``.
    """
    if caller.role < lowest:
        raise Forbidden(
            f"That needs the {lowest.name.lower()} role; you are a "
            f"{caller.role.name.lower()} here.",
            hint="Ask an owner of this workspace.",
        )


def params_hash(op: str, user_id: object, params: BaseModel) -> str:
    """What an approval is bound to: operation, asker and canonical parameters.

    Of the validated parameters, so that two spellings of one call are one call.
    """
    canonical = json.dumps(
        [op, str(user_id), params.model_dump(mode="json")], sort_keys=True
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _guarded(caller: Caller) -> frozenset[Effect]:
    is_risky = caller.via is Via.MODEL and caller.is_tainted
    return TAINTED if is_risky else GUARDED[caller.via]


def _in_scope(caller: Caller, op: Operation[P, R]) -> bool:
    if caller.scopes is None:
        return True
    room = op.name.partition(".")[0]
    return bool(caller.scopes & {"*", op.effect, f"{room}:*", f"{room}:{op.effect}"})


def _ensure_scope(caller: Caller, op: Operation[P, R]) -> None:
    if not _in_scope(caller, op):
        room = op.name.partition(".")[0]
        raise Forbidden(
            f"This key may not call {op.name}.",
            hint=f"It needs the scope {op.effect} or {room}:{op.effect}.",
        )


def shape(op: Operation[P, R], raw: Mapping[str, object]) -> P:
    """Return ``raw`` as the operation's parameters.

    Raises:
        BadInput: It does not fit; names the first bad field.
    """
    _ensure_text(raw)
    try:
        return op.params.model_validate(_without_keys(op, raw))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        declared = op.params.model_fields.get(field)
        meant = declared.description if declared else None
        raise BadInput(
            f"{field}: {first['msg']}.",
            hint=f"It is: {meant}." if meant else "",
            field=field,
        ) from error


def _ensure_text(value: object) -> None:
    """Refuse what is no text to a database: NUL, and half of a surrogate pair."""
    match value:
        case str():
            if "\x00" in value or _HALVES.search(value):
                raise BadInput(
                    "There is a character in there that is none.",
                    hint="Take out NUL and broken characters.",
                )
        case Mapping():
            for name, one in value.items():
                _ensure_text(name)
                _ensure_text(one)
        case list() | tuple():
            for one in value:
                _ensure_text(one)


def _without_keys(op: Operation[P, R], raw: Mapping[str, object]) -> dict[str, object]:
    """``raw`` as it may be kept: a key stays only where one is asked for."""
    fields = op.params.model_fields
    return {
        name: one if _is_secret(fields.get(name)) else _redacted(one)
        for name, one in raw.items()
    }


def _is_secret(field: FieldInfo | None) -> bool:
    return field is not None and field.annotation is SecretStr


def _redacted(value: object) -> object:
    match value:
        case str():
            return recognise.redact(value)
        case list() | tuple():
            return [_redacted(one) for one in value]
        case dict():
            return {name: _redacted(one) for name, one in value.items()}
        case _:
            return value


async def _consent(op: Operation[P, R], ctx: Ctx, params: P) -> None:
    given = ctx.caller.approval_id
    wanted = params_hash(op.name, ctx.caller.user_id, params)
    if given is None or not await ctx.approvals.use(
        ctx.session, given, params_hash=wanted
    ):
        raise NeedsApproval(
            op.name,
            wanted,
            params.model_dump(mode="json"),
            role=max(op.role, Role.MEMBER).name.lower(),
        )
