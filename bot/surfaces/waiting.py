"""Calls of programs that wait for a person's yes: it is asked for, and they say how."""

from uuid import UUID

from agent.ctx import Caller
from agent.errors import NeedsApproval
from agent.runs import consents
from bot.services import Services


class Waiting(NeedsApproval):
    """The call waits for a person's yes, which is asked for now."""

    def __init__(self, needs: NeedsApproval, approval_id: UUID, again: str) -> None:
        """Say where the yes is given; ``again``: how the call is repeated then."""
        super().__init__(
            needs.operation, needs.params_hash, needs.params, role=needs.role
        )
        self.approval_id = str(approval_id)
        self.message = f"{needs.operation} waits for a person's yes."
        self.hint = f"Approve it in the chat (/approvals) or on the web page. {again}"


async def ask(
    services: Services, caller: Caller, needs: NeedsApproval, again: str
) -> Waiting:
    """Ask for the yes, in a transaction of its own: the call's was undone.

    ``again`` says how the call is repeated; ``{id}`` in it is the approval's.
    """
    async with services.ctx(caller) as ctx:
        card = await consents.ask(ctx, needs)
    return Waiting(needs, card, again.format(id=card))
