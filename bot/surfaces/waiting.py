"""Calls of programs that wait for a person's yes: it is asked for, and they say how."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from agent.ctx import Caller, Ctx
from agent.errors import NeedsApproval
from bot.services import Services

Asks = Callable[[Ctx, NeedsApproval], Awaitable[UUID]]
"""Puts a call before the person it is made for; the id of the card."""


class Waiting(NeedsApproval):
    """The call waits for a person's yes, which is asked for now."""

    def __init__(self, needs: NeedsApproval, approval_id: UUID, again: str) -> None:
        """Say where the yes is given; ``again``: how the call is repeated then."""
        super().__init__(
            needs.operation, needs.params_hash, needs.params, role=needs.role
        )
        self.approval_id = str(approval_id)
        self.message = f"{needs.operation} waits for a person's yes."
        self.hint = f"Its person has a card to approve it in their chat. {again}"


class Waits:
    """Asks for yeses on behalf of one surface."""

    def __init__(self, services: Services, asks: Asks, again: str) -> None:
        """``again`` says how a call is repeated; ``{id}`` in it is the approval's."""
        self._services = services
        self._asks = asks
        self._again = again

    async def ask(self, caller: Caller, needs: NeedsApproval) -> Waiting:
        """Ask for the yes, in a transaction of its own: the call's was undone."""
        async with self._services.ctx(caller) as ctx:
            card = await self._asks(ctx, needs)
        return Waiting(needs, card, self._again.format(id=card))
