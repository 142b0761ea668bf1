"""Finding a brand by what people call it, and keeping what they tell about it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from agent.clients import queries
from agent.clients.errors import ClientGone, NearClients, NoSuchClient
from agent.clients.profile import LABELS, slug, summary
from agent.clients.schemas import Profile
from agent.ctx import Caller


async def pick(session: AsyncSession, name: str) -> tuple[UUID, str]:
    """The one brand that ``name`` means: exactly, else as a beginning, else as a part.

    Raises:
        NoSuchClient: None fits.
        NearClients: Several do, and none exactly.
    """
    known = await queries.all_clients(session)
    wanted = slug(name)
    slugs = [(client, slug(client[1])) for client in known]
    near = (
        [client for client, its in slugs if its == wanted]
        or [client for client, its in slugs if its.startswith(wanted)]
        or [client for client, its in slugs if wanted in its]
    )
    if not near:
        raise NoSuchClient(name, [called for _, called in known])
    if len(near) > 1:
        raise NearClients(name, [called for _, called in near])
    return near[0]


async def profile(session: AsyncSession, client_id: UUID) -> Profile:
    """A brand and what is known of it.

    Raises:
        ClientGone: It is not in this workspace.
    """
    row = await queries.current(session, client_id)
    if row is None:
        raise ClientGone
    answers = _answers(row["extra"] or {})
    return Profile(
        client_id=row["id"],
        name=row["name"],
        version=row["version"],
        fields={LABELS[field]: answers[field] for field in LABELS if field in answers},
        missing=[label for field, label in LABELS.items() if field not in answers],
    )


async def summary_of(session: AsyncSession, client_id: UUID) -> str:
    """The few lines about a brand that a prompt gets; empty when it is gone."""
    row = await queries.current(session, client_id)
    if row is None:
        return ""
    return row["summary"] or f"Brand: {row['name']}"


async def known(session: AsyncSession, client_id: UUID) -> dict[str, str]:
    """What was answered about a brand before, by field; empty when it is gone."""
    row = await queries.current(session, client_id)
    return _answers(row["extra"] or {}) if row else {}


async def learn(
    session: AsyncSession, caller: Caller, client_id: UUID, answers: Mapping[str, str]
) -> None:
    """Keep new answers as the brand's next version; empty ones are left out."""
    told = {
        field: value for field, value in answers.items() if value and field in LABELS
    }
    if not told or not await queries.lock(session, client_id):
        return
    row = await queries.current(session, client_id)
    assert row is not None  # noqa: S101 - it was just locked
    before = _answers(row["extra"] or {})
    merged = before | told
    if merged == before:
        return
    await queries.add_version(
        session, caller, client_id, extra=told, summary=summary(row["name"], merged)
    )


def _answers(extra: Mapping[str, str]) -> dict[str, str]:
    return {field: extra[field] for field in LABELS if extra.get(field)}
