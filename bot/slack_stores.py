"""What Bolt's OAuth flow keeps, in our database: states and installations.

Satisfies slack_sdk's ``AsyncOAuthStateStore`` and ``AsyncInstallationStore``.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import (
    AsyncInstallationStore,
)
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ctx import Role
from agent.errors import Forbidden
from agent.identity import callers, codes, founding, members, names
from agent.identity.callers import Identity, Membership
from agent.identity.schemas import Grant as Code
from agent.mailroom import departures
from agent.ports import Clock, Ids, Sealer
from agent.vault import installations
from agent.vault.installations import Grant, Home, Taken
from bot.slack_endings import SLACK, Endings
from db.tenancy import SystemRole

STATE = "oauth_state"
STATE_S = 600

Admits = Callable[[Identity], bool]


class Backing(Protocol):
    """What the stores work with; ``bot.services.Services`` has it all."""

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def ids(self) -> Ids:
        """Where new ids come from."""
        ...

    @property
    def key(self) -> Sealer:
        """What wraps the workspaces' keys."""
        ...

    @property
    def pepper(self) -> bytes:
        """What codes are hashed with."""
        ...

    @property
    def admits(self) -> Admits:
        """Whether a person nobody paired may come in."""
        ...

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


class SignInFirst(Forbidden):
    """Nobody knows who installs, and strangers may not."""

    code = "sign_in_first"

    def __init__(self) -> None:
        """Say how."""
        super().__init__(
            "I don't know yet whose workspace this should work with.",
            hint="Sign in as its owner or admin, then install again.",
        )


class NotAnAdmin(Forbidden):
    """A member brings no Slack team into a workspace."""

    code = "not_an_admin"

    def __init__(self) -> None:
        """Say who can."""
        super().__init__(
            "Connecting a Slack team takes an owner or admin of the workspace.",
            hint="Ask one of them to open this page.",
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an installation, for the page that says so."""

    team: str
    workspace_id: UUID


class States(AsyncOAuthStateStore):
    """States that serve once, for ten minutes; each remembers who began."""

    def __init__(self, backing: Backing, by: Membership | None) -> None:
        """For one visit: ``by`` is who is signed in, where somebody is."""
        self._backing = backing
        self._by = by
        self.began: Membership | None = None
        """Who began what the consumed state ends."""

    @property
    def logger(self) -> logging.Logger:
        """As the SDK wants it."""
        return logging.getLogger(__name__)

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state, for whoever visits."""
        del args, kwargs
        by = self._by
        grant = Code(by.user_id, by.workspace_id) if by else Code()
        async with self._backing.as_role("door") as session:
            return await codes.issue(
                session,
                purpose=STATE,
                ttl=timedelta(seconds=STATE_S),
                grant=grant,
                pepper=self._backing.pepper,
            )

    async def async_consume(self, state: str) -> bool:
        """Use a state up; False when it is no good (any more)."""
        async with self._backing.as_role("door") as session:
            grant = await codes.redeem(
                session, purpose=STATE, code=state, pepper=self._backing.pepper
            )
        if grant and grant.user_id and grant.workspace_id:
            self.began = Membership(grant.user_id, grant.workspace_id)
        return grant is not None


class Installations(AsyncInstallationStore):
    """Installations as connections of a workspace, their tokens sealed."""

    def __init__(self, backing: Backing, states: States) -> None:
        """For one visit, whose ``states`` tell who began it."""
        self._backing = backing
        self._states = states
        self.kept: Kept | None = None
        """What was saved in this visit."""

    @property
    def logger(self) -> logging.Logger:
        """As the SDK wants it."""
        return logging.getLogger(__name__)

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation for the workspace of whoever began it.

        Raises:
            SignInFirst, NotAnAdmin, Taken: It is not kept; each says what to do.
        """
        grant = granted(installation)
        who = Identity(SLACK, grant.account, installation.user_id)
        async with self._backing.as_role("vault") as session:
            theirs = await installations.whose(session, SLACK, grant.account)
        async with self._backing.as_role("door") as session:
            member = await self._member(session, who, grant.name, theirs)
        home = Home(self._backing.ids.new(), member.workspace_id, member.user_id)
        async with self._backing.as_role("vault") as session:
            await installations.save(
                session, self._backing.key, home, grant, self._backing.clock.now()
            )
        async with self._backing.as_role("door") as session:
            await departures.come_back(session, SLACK, grant.account)
        self.kept = Kept(grant.name, member.workspace_id)

    async def _member(
        self, session: AsyncSession, who: Identity, team: str, theirs: UUID | None
    ) -> Membership:
        """Whose installation it is: of who is signed in, else of who Slack says."""
        began = self._states.began
        if began is None:
            return await self._newcomer(session, who, team, theirs)
        if theirs not in {None, began.workspace_id}:
            raise Taken(team)
        role = await members.role_in(session, began.user_id, began.workspace_id)
        if role is None or role.rank < Role.ADMIN:
            raise NotAnAdmin
        # Slack showed who they are there, in the browser in which we know who they are.
        if await founding.person(session, who) is None:
            await callers.know(session, began, who)
        return began

    async def _newcomer(
        self, session: AsyncSession, who: Identity, team: str, theirs: UUID | None
    ) -> Membership:
        if not self._backing.admits(who):
            raise SignInFirst
        if theirs is None:
            name = names.clean(team) or "My team"
            return await founding.found(session, self._backing.ids, who, name)
        joined = await callers.join(session, who, self._backing.ids, theirs)
        return Membership(joined.user_id, theirs)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a team or organisation; None where we are not installed."""
        account = (enterprise_id if is_enterprise_install else team_id) or ""
        async with self._backing.as_role("vault") as session:
            found = await installations.find(session, self._backing.key, SLACK, account)
        if found is None or not found.token:
            return None
        return Bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            team_name=found.name,
            bot_token=found.token,
            bot_id="",
            bot_user_id=found.bot,
            is_enterprise_install=is_enterprise_install,
            installed_at=0,
        )

    async def async_delete_bot(
        self, *, enterprise_id: str | None, team_id: str | None
    ) -> None:
        """End the installation there."""
        account = team_id or enterprise_id or ""
        await Endings(self._backing).end(account, "app_uninstalled")

    async def async_delete_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
    ) -> None:
        """Nothing: people's own tokens are never asked for."""


def granted(installation: Installation) -> Grant:
    """What Slack handed out, as the vault keeps it."""
    is_org = bool(installation.is_enterprise_install)
    team = installation.team_id, installation.team_name
    organisation = installation.enterprise_id, installation.enterprise_name
    account, name = organisation if is_org else team
    until = installation.bot_token_expires_at
    return Grant(
        provider=SLACK,
        account=account or "",
        name=name or "",
        bot=installation.bot_user_id or "",
        token=installation.bot_token or "",
        refresh=installation.bot_refresh_token or "",
        expires_at=datetime.fromtimestamp(until, UTC) if until else None,
        scopes=tuple(installation.bot_scopes or ()),
        app=installation.app_id or "",
    )
