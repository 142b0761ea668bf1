"""A profile as it stood: by number, or by a day."""

from uuid import UUID

from sqlalchemy import RowMapping

from agent.clients import brands, editing, facts, profile, version_queries
from agent.clients.errors import NoSuchVersion
from agent.clients.facts import Row
from agent.clients.schemas import PartShown, Profile
from agent.clients.version_schemas import VersionLine
from agent.ctx import Ctx
from agent.identity import days


async def number_then(ctx: Ctx, client_id: UUID, when: str) -> int:
    """The number of the version that is meant, by a number or by a day's end.

    Raises:
        NoSuchVersion: There was none yet.
        NoSuchDay: The words name no day.
    """
    plain = when.strip().removeprefix("version ").lstrip("#v")
    if plain.isdecimal() and len(plain) < 9:  # noqa: PLR2004 - what a number holds
        return int(plain)
    moment = days.ends(when, ctx.clock.now(), ctx.caller.timezone)
    number = await version_queries.as_of(ctx.session, client_id, moment)
    if number is None:
        raise NoSuchVersion
    return number


async def profile_then(ctx: Ctx, client_id: UUID, when: str) -> Profile:
    """The brand as it stood then.

    Raises:
        ClientGone: It is not in this workspace.
        NoSuchVersion, NoSuchDay: There is no such state.
    """
    now = await brands.profile_of(ctx.session, client_id)
    number = await number_then(ctx, client_id, when)
    row = await editing.version(ctx.session, client_id, number)
    return now.model_copy(update={"shown": number, "parts": parts(row)})


def parts(row: Row) -> list[PartShown]:
    """The seven parts as a version tells them."""
    told = facts.told(facts.settled(row))
    return [
        PartShown(name=part.name, title=part.title, facts=known)
        for part, known in profile.parts(told)
    ]


def line(row: RowMapping | Row) -> VersionLine:
    """A version as it stands in a list."""
    return VersionLine(
        number=row["number"],
        at=row["created_at"],
        author=row["author"],
        origin=row["origin"],
        changelog=row["changelog"],
    )
