"""What each ``draper runs`` word does, and what it answers."""

import argparse
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.gate import invoke
from agent.runs import overview
from agent.runs.errors import RunAlive, RunEnded
from agent.runs.operations import cancel_run, retry_run, show_run
from agent.runs.overview import Line, Place
from bot.cli import run_tables
from bot.cli.operator import Operator, operating
from bot.cli.refusal import Refusal
from bot.durable import views
from bot.durable.port import RunStatus
from bot.settings import Settings

SEVERAL = 6
"""Runs that are looked at when one name means more than one."""
ID_DIGITS = 32


async def do(args: argparse.Namespace, settings: Settings) -> str:
    """Do what the words ask; return the answer.

    Raises:
        Refusal: No run, or more than one, is meant; or it cannot be done.
    """
    async with operating(settings) as operator:
        match args.what:
            case "list" if args.engine:
                return await _list_durable(operator, args)
            case "list":
                return await _list(operator, args)
            case "show":
                return await _show(operator, args)
            case _:
                return await _change(operator, args)


async def _list(operator: Operator, args: argparse.Namespace) -> str:
    async with operator.worker() as session:
        await _ensure_workspace(session, args.workspace)
        lines = await overview.latest(
            session,
            args.limit,
            status=args.status,
            workspace=args.workspace,
            stuck=args.stuck,
        )
    return run_tables.listed(lines, as_json=args.json)


async def _list_durable(operator: Operator, args: argparse.Namespace) -> str:
    status = _durable(args.status)
    async with operator.engine.connection() as connection:
        runs = await views.latest(connection, args.limit, status)
    return run_tables.durable(runs, as_json=args.json)


def _durable(status: str) -> RunStatus | None:
    if not status:
        return None
    try:
        return RunStatus(status)
    except ValueError:
        known = ", ".join(RunStatus)
        raise Refusal(
            f"A durable function is never {status}.", hint=f"It is one of: {known}."
        ) from None


async def _show(operator: Operator, args: argparse.Namespace) -> str:
    if _id(args.run):
        async with operator.engine.connection() as connection:
            durable = await views.get(connection, UUID(args.run))
        if durable:
            return run_tables.durable([durable], as_json=args.json, whole=True)
    line, place = await _the_run(operator, args)
    async with operator.acting(place) as ctx:
        detail = await invoke(show_run, ctx, {"run_id": str(place.id)})
    engine = await operator.find(place.event_id)
    return run_tables.shown(line, detail, engine, as_json=args.json)


async def _change(operator: Operator, args: argparse.Namespace) -> str:
    op = cancel_run if args.what == "cancel" else retry_run
    line, place = await _the_run(operator, args)
    try:
        async with operator.acting(place) as ctx:
            done = await invoke(op, ctx, {"run_id": str(place.id)})
    except RunEnded as error:
        hint = f"`draper runs retry {line.id}` starts it again."
        raise Refusal(error.message, hint=hint) from error
    except RunAlive as error:
        hint = f"`draper runs cancel {line.id}` stops it."
        raise Refusal(error.message, hint=hint) from error
    return run_tables.changed(line, done.status, as_json=args.json)


async def _the_run(operator: Operator, args: argparse.Namespace) -> tuple[Line, Place]:
    async with operator.worker() as session:
        await _ensure_workspace(session, args.workspace)
        if _is_number(args.run):
            number = int(args.run)
            found = await overview.numbered(session, number, args.workspace, SEVERAL)
        else:
            digits = _digits(args.run)
            found = await overview.beginning(session, digits, args.workspace, SEVERAL)
        line = _one(found, args.run)
        place = await overview.place(session, line.id)
    if place is None:
        raise _unknown(args.run)
    return line, place


async def _ensure_workspace(session: AsyncSession, name: str) -> None:
    if name and not await overview.knows_workspace(session, name):
        raise Refusal(
            f"There is no workspace {name}.", hint="`draper runs list` names them."
        )


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdigit() and not given.startswith("0")


def _digits(given: str) -> str:
    digits = given.lower().replace("-", "")
    if not digits or len(digits) > ID_DIGITS or set(digits) - set("0123456789abcdef"):
        raise Refusal(
            f"{given!r} is neither a run's number nor the beginning of its id.",
            hint="`draper runs list` shows both.",
        )
    return digits


def _id(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True


def _one(found: Sequence[Line], given: str) -> Line:
    if not found:
        raise _unknown(given)
    if len(found) == 1:
        return found[0]
    some = "; ".join(f"{line.id} (#{line.number}, {line.workspace})" for line in found)
    raise Refusal(
        f"{given} means more than one run: {some}.",
        hint="Give more of the id, or name the workspace with --workspace.",
    )


def _unknown(given: str) -> Refusal:
    return Refusal(f"There is no run {given}.", hint="`draper runs list` shows them.")
