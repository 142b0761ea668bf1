"""``draper skills import``: somebody else's skill, looked through and kept off."""

from pathlib import Path

from agent.catalog import bringing, unpack
from agent.catalog.imports import Brought
from agent.catalog.unpack import Files
from agent.ctx import Caller, Role, Via
from agent.errors import NotFound
from agent.identity import callers
from bot.cli.operator import Operator, operating
from bot.ports import KeptObjects, TimeOrderedIds
from bot.settings import Settings
from bot.suspense import FilesAtHand, Suspense, settled
from bot.wiring.services import store


async def bring(path: Path, settings: Settings) -> str:
    """What was found in the skill at ``path``, a folder, a zip or one SKILL.md.

    It becomes a draft in the first owner's workspace.

    Raises:
        NotFound: There is nothing at ``path``.
        NoSkillInside: It holds no skill, or more than is opened.
    """
    called, files = _read(path)
    async with operating(settings) as operator:
        caller = await _owner(operator)
        objects = KeptObjects(store(settings))

        async def begin(suspense: Suspense) -> Brought:
            at_hand = FilesAtHand(objects, suspense)
            async with operator.world(caller, at_hand) as ctx:
                return await bringing.bring(ctx, files, called)

        return told(await settled(begin))


def told(found: Brought) -> str:
    """The findings, and what to do next."""
    lines = [f"{found.name} is imported, and off."]
    lines += [f"  {one.verdict}: {one.path}: {one.detail}" for one in found.findings]
    if not found.findings:
        lines.append("  Nothing odd was found. Nothing of it is ever run.")
    lines.append(f"An admin turns it on in chat: /skill {found.name}")
    return "\n".join(lines)


def _read(path: Path) -> tuple[str, Files]:
    if path.is_dir():
        return unpack.folder(path)
    try:
        with path.open("rb") as file:
            return unpack.opened(file.read(unpack.MOST_SENT + 1), path.name)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.",
            hint="Name a folder, a zip or a SKILL.md.",
        ) from error


async def _owner(operator: Operator) -> Caller:
    async with operator.door() as session:
        owner = await callers.ensure_owner(session, TimeOrderedIds())
    return Caller(
        workspace_id=owner.workspace_id,
        user_id=owner.user_id,
        role=Role.OWNER,
        via=Via.OPERATOR,
        channel="terminal",
    )
