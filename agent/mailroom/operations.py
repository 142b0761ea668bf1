"""What can be asked of the mailroom."""

from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import Conflict
from agent.mailroom import ends_shown, queries
from agent.operation import Effect, Surface, operation
from agent.shapes import Frozen


class OneDelivery(Frozen):
    """Parameters that name a message of ours."""

    delivery_id: UUID


class Resent(Frozen):
    """A message is sent once more."""

    delivery_id: UUID
    here: bool = Field(
        default=False,
        description="It is an answer that failed: it is shown where this was asked",
    )


class NothingToResend(Conflict):
    """The message did arrive, was sent again already, or is gone."""

    code = "nothing_to_resend"

    def __init__(self) -> None:
        """Say what to do about it."""
        super().__init__(
            "I have nothing to send again there.", hint="/outputs has every piece."
        )


@operation(
    "mailroom.resend",
    effect=Effect.SEND,
    role=Role.VIEWER,
    on={Surface.BUTTON},
)
async def resend(ctx: Ctx, p: OneDelivery) -> Resent:
    """Send a message once more that may not have arrived, or show it here.

    Raises:
        NothingToResend: There is no such message in this workspace, or no doubt.
    """
    planned = await queries.send_again(ctx.session, p.delivery_id)
    if planned is not None:
        return Resent(delivery_id=planned)
    if ctx.origin is None or not await ends_shown.is_lost(ctx.session, p.delivery_id):
        raise NothingToResend
    return Resent(delivery_id=p.delivery_id, here=True)


OPERATIONS = (resend,)
