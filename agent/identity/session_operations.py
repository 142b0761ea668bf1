"""Where a person is signed in on the web, and signing out there."""

import re
from datetime import datetime
from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import NotFound
from agent.identity import session_queries
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change
from agent.shapes import Frozen, Nothing

BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
"""Of several that a browser claims to be, the first is the one it is."""
CALLED = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


class SessionLine(Frozen):
    """One browser that is signed in."""

    session_id: UUID
    device: str = Field(description="Browser and system, as it names itself")
    address: str = Field(description="The network address it signed in from")
    since: datetime = Field(description="When it signed in")
    last_seen_at: datetime = Field(description="When it was used last, to ten minutes")


class Sessions(Frozen):
    """Where you are signed in."""

    lines: list[SessionLine] = Field(description="The one used last first")


class EndSession(Frozen):
    """Parameters of ``identity.end_session``."""

    session_id: UUID | None = None


class SessionsEnded(Frozen):
    """Browsers that are signed out."""

    count: int = Field(description="How many")


class SessionOver(NotFound):
    """It ended before, or is somebody else's."""

    code = "session_over"

    def __init__(self) -> None:
        """Say what can be done."""
        super().__init__(
            "That browser is signed out already.",
            hint="`/sessions` shows where you are signed in.",
        )


@operation(
    "identity.sessions",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST, Surface.MCP},
    command=Command("sessions", says=(r"(show )?my sessions", r"where am i signed in")),
    personal=True,
)
async def list_sessions(ctx: Ctx, p: Nothing) -> Sessions:  # noqa: ARG001 - takes none
    """See in which browsers you are signed in."""
    rows = await session_queries.mine(ctx.session)
    return Sessions(lines=[_line(dict(row)) for row in rows])


@operation(
    "identity.end_session",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON, Surface.REST},
    command=Command(
        "signout", says=(r"sign me out( everywhere)?", r"sign out everywhere")
    ),
    example={},
    personal=True,
)
async def end_session(ctx: Ctx, p: EndSession) -> SessionsEnded:
    """Sign out of the web everywhere, or in one browser.

    Raises:
        SessionOver: It ended before, or is somebody else's.
    """
    ended = await session_queries.end(ctx.session, p.session_id)
    if p.session_id is not None and not ended:
        raise SessionOver
    for session_id in ended:
        ctx.changed(Change("session", str(session_id), before={"is_live": True}))
    return SessionsEnded(count=len(ended))


def device(user_agent: str) -> str:
    """``Firefox on Linux``: what a browser says it is."""
    claimed = re.findall(r"([A-Za-z]+)/[\d.]+", user_agent)
    browser = next((name for name in BROWSERS if name in claimed), "")
    system = next((SYSTEMS[name] for name in SYSTEMS if name in user_agent), "")
    known = [CALLED.get(browser, browser), system]
    return " on ".join(filter(None, known)) or "An unnamed browser"


def _line(row: dict[str, object]) -> SessionLine:
    return SessionLine(device=device(str(row.pop("user_agent"))), **row)


OPERATIONS = (list_sessions, end_session)
