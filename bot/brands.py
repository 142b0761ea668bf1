"""Whom a request is for: the brand it names, else the one being talked about.

A brand named in one request is for that request alone: the conversation stays with the
one it was about, so that "the same for Beacon" does not move everybody in a channel.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from agent.clients import mentions
from agent.clients.mentions import Brand
from agent.ctx import Ctx
from bot.answers import reply
from bot.render import clients

_FOR = re.compile(
    r"(?:and |it(?:['\u2019]s| is) |this is )?for \S.{0,80}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request says about whom it is for."""

    ctx: Ctx
    """The call, for that brand."""
    open: tuple[Brand, ...] = ()
    """The brands a person must choose from first, or the archived one they mean."""

    async def ask(self, asked: Mapping[str, Any]) -> None:
        """Put it to the person; ``asked``: what ``runs.start`` is to do then."""
        if self.open[0].is_archived:
            await reply(self.ctx, clients.archived_for(self.open[0], asked))
            return
        otherwise = self.ctx.caller.client_id
        await reply(self.ctx, clients.which(self.open, asked, otherwise))


async def read(ctx: Ctx, text: str) -> Reading:
    """Whom ``text`` is for; the caller's brand is the conversation's."""
    here = ctx.caller.client_id
    found = await mentions.found(ctx.session, text, current=here)
    as_before = for_client(ctx, here if found.is_current_there else None)
    if not found.fits:
        return Reading(as_before)
    in_use = tuple(brand for brand in found.fits if not brand.is_archived)
    if len(in_use) == 1 and found.is_sure:
        return Reading(for_client(ctx, in_use[0].id))
    # An ordinary word may begin the name of one that was put away: nobody means it.
    is_meant = in_use or found.is_sure
    return Reading(as_before, in_use or found.fits if is_meant else ())


async def only_named(ctx: Ctx, text: str) -> Brand | None:
    """The brand that a text is for which says nothing else ("for Acme")."""
    said = text.strip().rstrip(".!")
    if not _FOR.fullmatch(said):
        return None
    found = await mentions.found(ctx.session, said, current=None)
    brand = found.fits[0] if len(found.fits) == 1 and found.is_sure else None
    if brand is None or brand.is_archived:
        return None
    is_all = said.casefold().endswith(f"for {brand.name.casefold()}")
    return brand if is_all else None


def for_client(ctx: Ctx, client_id: UUID | None) -> Ctx:
    """The same call, about a brand, or about none."""
    return replace(ctx, caller=replace(ctx.caller, client_id=client_id))
