"""One request to the console: whose it is, what it may ask, and the page it gets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.catalog.skillfile import SkillFile
from agent.ctx import Caller, Ctx, Role
from agent.gate import invoke, may
from agent.ports import Clock, Objects
from agent.registry import BY_NAME
from agent.runs import consents
from bot.web.console.words import ENVIRONMENT
from bot.web.session import Doorkeeper, Signed, visitor_of
from channels.web.verify import csrf_token

APPROVAL = "approval"
"""The form field with the card that a confirmed call uses up."""

NAV = (
    ("/console", "Overview", "runs.search"),
    ("/console/runs", "Runs", "runs.search"),
    ("/console/outputs", "Outputs", "runs.search_outputs"),
    ("/console/skills", "Skills", "catalog.quality"),
    ("/console/clients", "Clients", "clients.list"),
    ("/console/members", "Members", "identity.members"),
    ("/console/keys", "Keys", "identity.keys"),
    ("/console/usage", "Usage", "billing.usage"),
    ("/console/audit", "Audit", "identity.audit"),
    ("/console/settings", "Settings", "identity.sessions"),
)

DONE = {
    "added": "Added.",
    "approved": "Approved. The run goes on in a moment.",
    "archived": "Archived. It can be brought back below.",
    "begun": "On it; this page follows it.",
    "ended": "Signed out there.",
    "invited": "The invitation is ready below.",
    "kept": "Saved.",
    "rejected": "Rejected. The run ends here.",
    "removed": "Removed.",
    "restored": "Restored.",
    "retried": "It starts again; this page follows it.",
    "revised": "Sent back. The next version takes the draft's place.",
    "revoked": "Revoked. The key no longer works.",
    "scored": "Thanks, noted.",
    "shared": "Shared. Your team can see this run now.",
    "stopped": "Stopped. Nothing more will be written for this one.",
    "switched": "Here you are. Everything you see is of this workspace.",
    "tested_now": "Nothing is changed yet: a test runs here, which that would end.",
    "tested": "Tried out; the answer stands beside the key.",
}
"""What a page may say after an action; the address names it, and says nothing else."""


class Files(Protocol):
    """The skills' files, as they were loaded."""

    def file(self, name: str) -> SkillFile | None:
        """One skill's."""
        ...


class Backing(Protocol):
    """What the console works with; `bot.services.Services` has it all."""

    def ctx(self, caller: Caller, /) -> AbstractAsyncContextManager[Ctx]:
        """Open the caller's transaction as the world of one call."""
        ...

    async def call(
        self, work: Callable[[Ctx], Awaitable[Any]], caller: Caller, /
    ) -> Any:
        """What ``work`` comes to there, whatever files it needs."""
        ...

    @property
    def objects(self) -> Objects:
        """Where files are."""
        ...

    @property
    def shelf(self) -> Files:
        """The skills' files."""
        ...

    @property
    def clock(self) -> Clock:
        """Time."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person at one page of the console."""

    request: Request
    backing: Backing
    doorkeeper: Doorkeeper
    signed: Signed
    before: Signed
    """The session as the browser brought it; see `Doorkeeper.renew`."""
    form: FormData

    @property
    def caller(self) -> Caller:
        """The person as every operation knows them."""
        who, visitor = self.signed.caller, visitor_of(self.request)
        return Caller(
            workspace_id=who.workspace_id,
            user_id=who.user_id,
            role=Role[who.role.upper()],
            chat_id=who.chat_id,
            channel="web",
            timezone=who.timezone,
            address=visitor.address,
            user_agent=visitor.user_agent,
        )

    def may(self, name: str) -> bool:
        """Whether there is such an operation, and this person may call it."""
        return name in BY_NAME and may(self.caller, BY_NAME[name])

    async def ask(self, name: str, /, **raw: object) -> Any:
        """Call an operation through the gate; its result.

        Raises:
            AgentError: It was refused; `edge` makes a page of that.
        """
        caller = self.caller

        async def asked(ctx: Ctx) -> Any:
            card = _card(self.form)
            if card is None:
                return await invoke(BY_NAME[name], ctx, raw)
            await consents.open_one(ctx, card)
            await consents.decide(ctx, card, "approved")
            allowed = replace(caller, approval_id=card)
            return await invoke(BY_NAME[name], replace(ctx, caller=allowed), raw)

        return await self.backing.call(asked, caller)

    async def pages(self, name: str, n: int, /, **raw: object) -> AsyncIterator[Any]:
        """Yield the lines of a paged list, at most ``n``."""
        cursor = ""
        while n > 0:
            found = await self.ask(name, **raw, limit=min(n, 100), cursor=cursor)
            for line in found.lines:
                yield line
            n, cursor = n - len(found.lines), found.next_cursor
            if not cursor:
                return

    def said(self, field: str, default: str = "") -> str:
        """What the form, or the address, says in a field."""
        given = self.form.get(field, self.request.query_params.get(field, default))
        return given.strip() if isinstance(given, str) else default

    def page(
        self, template: str, facts: Mapping[str, Any], status: int = 200
    ) -> Response:
        """The page made of a template of ours."""
        html = ENVIRONMENT.get_template(f"console/{template}").render(
            {**self._frame(), **facts}
        )
        answer = HTMLResponse(html, status)
        return self.doorkeeper.known_as(self.signed, answer, before=self.before)

    def to(self, path: str, done: str = "") -> Response:
        """Lead on after an action, to a page of ours that says it is done."""
        mark = ("&" if "?" in path else "?") + f"done={done}" if done else ""
        answer = RedirectResponse(f"{path}{mark}", 303)
        return self.doorkeeper.known_as(self.signed, answer, before=self.before)

    def _frame(self) -> dict[str, Any]:
        path = self.request.url.path
        who = self.signed.caller
        return {
            "nav": [
                {"path": to, "label": label, "here": _is_here(to, path)}
                for to, label, needs in NAV
                if self.may(needs)
            ],
            "csrf": csrf_token(self.signed.token),
            "name": who.name,
            "role": who.role,
            "workspace": who.workspace,
            "zone": who.timezone,
            "now": self.backing.clock.now(),
            "may": self.may,
            "done": DONE.get(self.request.query_params.get("done", ""), ""),
        }


def _is_here(to: str, path: str) -> bool:
    return path == to or (to != "/console" and path.startswith(f"{to}/"))


def _card(form: FormData) -> UUID | None:
    try:
        return UUID(str(form.get(APPROVAL, "")))
    except ValueError:
        return None
