"""Finding a brand by what people call it, and what is known of it."""

from collections.abc import Mapping
from functools import partial, reduce
from textwrap import shorten
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import editing, facts, mentions, profile, queries, version_queries
from agent.clients.editing import Edited, Intent
from agent.clients.errors import ClientArchived, ClientGone, NearClients, NoSuchClient
from agent.clients.facts import BY_FIELD, Columns
from agent.clients.names import slug
from agent.clients.schemas import PartShown, Profile
from agent.ctx import Ctx


async def pick(session: AsyncSession, name: str) -> tuple[UUID, str]:
    """The one brand that ``name`` means: exactly, else as a beginning, else as a part.

    Raises:
        NoSuchClient: None fits.
        NearClients: Several do, and none exactly.
        ClientArchived: The one that fits was put away.
    """
    rows = await queries.all_clients(session)
    near = _near([row for row in rows if not row["is_archived"]], slug(name))
    if not near:
        away = _near([row for row in rows if row["is_archived"]], slug(name))
        if len(away) == 1:
            raise ClientArchived(away[0]["name"])
        in_use = [row["name"] for row in rows if not row["is_archived"]]
        raise NoSuchClient(name, in_use)
    if len(near) > 1:
        raise NearClients(name, [row["name"] for row in near])
    return near[0]["id"], near[0]["name"]


async def pick_archived(session: AsyncSession, name: str) -> tuple[UUID, str]:
    """As ``pick``, among the brands that were put away."""
    rows = await queries.all_clients(session)
    away = [row for row in rows if row["is_archived"]]
    near = _near(away, slug(name))
    if not near:
        raise NoSuchClient(name, [row["name"] for row in away])
    if len(near) > 1:
        raise NearClients(name, [row["name"] for row in near])
    return near[0]["id"], near[0]["name"]


def _near(rows: list[RowMapping], wanted: str) -> list[RowMapping]:
    slugs = [(row, slug(row["name"])) for row in rows]
    return (
        [row for row, its in slugs if its == wanted]
        or [row for row, its in slugs if its.startswith(wanted)]
        or [row for row, its in slugs if wanted in its]
    )


async def about(
    session: AsyncSession, text: str, *, current: UUID | None = None
) -> UUID | None:
    """The brand a text is for: the one it names, else the current one.

    Raises:
        NearClients: It may be several.
        ClientArchived: The one it names was put away.
    """
    found = await mentions.found(session, text, current=current)
    if len(found.fits) > 1:
        raise NearClients(shorten(text, 60), [brand.name for brand in found.fits])
    if found.fits and found.is_sure:
        if found.fits[0].is_archived:
            raise ClientArchived(found.fits[0].name)
        return found.fits[0].id
    return current if found.is_current_there else None


async def ensure_in_use(session: AsyncSession, client_id: UUID) -> None:
    """Return when work may be done for the brand.

    Raises:
        ClientGone: It is not in this workspace.
        ClientArchived: It was put away.
    """
    await editing.in_use(session, client_id)


async def profile_of(session: AsyncSession, client_id: UUID) -> Profile:
    """A brand and what is known of it, archived or not.

    Raises:
        ClientGone: It is not in this workspace.
    """
    row = await queries.current(session, client_id)
    if row is None:
        raise ClientGone
    told = facts.told(facts.settled(row))
    return Profile(
        client_id=row["id"],
        name=row["name"],
        version=row["version"],
        is_archived=row["archived_at"] is not None,
        parts=[
            PartShown(name=part.name, title=part.title, facts=known)
            for part, known in profile.parts(told)
        ],
    )


async def summary_of(
    session: AsyncSession, client_id: UUID, version: int | None = None
) -> str:
    """The lines about a brand that a prompt gets, of one version or the present one.

    Empty when the brand is gone.
    """
    row = await queries.current(session, client_id)
    if row is None:
        return ""
    frozen = None
    if version and version != row["version"]:
        frozen = await version_queries.one(session, client_id, version)
    return profile.summary(row["name"], facts.told(facts.settled(frozen or row)))


async def known(session: AsyncSession, client_id: UUID) -> dict[str, str]:
    """What is known of a brand, by field; empty when it is gone."""
    row = await queries.current(session, client_id)
    return facts.told(facts.settled(row)) if row else {}


async def learn(ctx: Ctx, client_id: UUID, answers: Mapping[str, str]) -> Edited | None:
    """Keep new answers as the brand's next version; empty ones are left out.

    Raises:
        ClientGone, ClientArchived: There is nothing to learn about.
        TooLong: An answer is more than a profile holds.
    """
    told = {name: text for name, text in answers.items() if text and name in BY_FIELD}
    if not told:
        return None
    labels = ", ".join(BY_FIELD[field].label for field in told)
    edit = partial(_told, answers=told)
    intent = Intent(edit, "interview", f"Answered: {labels}", frozenset(told))
    return await editing.change(ctx, client_id, intent)


def _told(columns: Columns, answers: Mapping[str, str]) -> Columns:
    return reduce(
        lambda so_far, one: facts.written(so_far, BY_FIELD[one[0]], one[1]),
        answers.items(),
        columns,
    )
