"""Slack's tokens out of the vault: found by team, renewed in time, ended when lost."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from agent.ports import Clock, Sealer
from agent.vault import installations
from agent.vault.installations import Installed
from bot.slack_endings import SLACK, Endings
from channels.contract import NotSent, Refused
from channels.ends import End
from db.tenancy import SystemRole

KEEP_AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0)
BEING_RENEWED_S = 2.0
"""When to look again while another process renews a token that is no longer good."""
SPENT = frozenset({"invalid_refresh_token", "token_revoked", "token_expired"})
SPENT |= {"account_inactive"}
"""What Slack says when a token can never be renewed again."""
NOBODY = "the app is not installed in that Slack workspace"
ENDED = "the app is no longer installed in that Slack workspace"

log = structlog.get_logger()


class Backing(Protocol):
    """What this works with; ``bot.services.Services`` has it all."""

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def key(self) -> Sealer:
        """What wraps the workspaces' keys."""
        ...

    def as_role(self, role: SystemRole) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction with one narrow role's rights."""
        ...


@dataclass(frozen=True, slots=True)
class AppSecrets:
    """What proves to Slack that it is the app that asks."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Name the app without its secret."""
        return f"AppSecrets({self.client_id})"


class VaultTokens:
    """Satisfies ``channels.slack.clients.Tokens``."""

    def __init__(
        self,
        backing: Backing,
        carrier: AsyncWebClient,
        app: AppSecrets,
        single: str = "",
    ) -> None:
        """Renew as ``app`` over ``carrier``, a client without a token.

        ``single``: the token of the settings, for a workspace that we know nothing of.
        """
        self._backing = backing
        self._carrier = carrier
        self._app = app
        self._single = single
        self._endings = Endings(backing)

    async def token(self, account: str) -> str:
        """See ``Tokens``."""
        try:
            return await self._token(account)
        except (SQLAlchemyError, OSError, TimeoutError) as failure:
            # Nothing has left for Slack yet, so nobody has to wonder what became of it.
            why = End.UNREACHABLE.because(f"the vault: {type(failure).__name__}")
            raise NotSent(why) from failure

    async def _token(self, account: str) -> str:
        found = await self._find(account) if account else await self._any()
        if found is None and self._single:
            return self._single
        if found is None:
            raise Refused(End.REVOKED.because(NOBODY))
        if not found.token:
            raise Refused(End.REVOKED.because(found.reason or ENDED))
        return await self._good(found)

    async def lost(self, account: str, code: str) -> None:
        """See ``Tokens``."""
        await self._endings.end(account, code)

    async def _find(self, account: str) -> Installed | None:
        async with self._backing.as_role("vault") as session:
            key = self._backing.key
            found = await installations.find(session, key, SLACK, account)
        # Somebody may have bound the team by hand, which is no installation.
        is_bound_only = found and not found.token and found.status == "active"
        return None if is_bound_only else found

    async def _any(self) -> Installed | None:
        async with self._backing.as_role("vault") as session:
            listed = await installations.listed(session, SLACK)
        live = [account for account, _, status in listed if status == "active"]
        return await self._find(live[0]) if live else None

    async def _good(self, found: Installed) -> str:
        """The token, renewed where its end is near."""
        if found.expires_at is None:
            return found.token
        async with self._backing.as_role("vault") as session:
            is_ours = await installations.may_renew(session, found)
        if is_ours:
            return await self._renewed(found)
        return self._still_good(found)

    def _still_good(self, found: Installed) -> str:
        assert found.expires_at is not None  # noqa: S101 - asked by the callers
        if found.expires_at > self._backing.clock.now():
            return found.token
        why = End.BUSY.because("the token is being renewed")
        raise NotSent(why, retry_after_s=BEING_RENEWED_S)

    async def _renewed(self, found: Installed) -> str:
        try:
            answer = await self._carrier.oauth_v2_access(
                client_id=self._app.client_id,
                client_secret=self._app.client_secret,
                grant_type="refresh_token",
                refresh_token=found.refresh,
            )
        except SlackApiError as failure:
            return await self._refused(found, failure.response.get("error", ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            return await self._put_off(found, type(failure).__name__)
        return await self._keep(found, answer)

    async def _keep(self, found: Installed, answer: Any) -> str:
        now, token = self._backing.clock.now(), str(answer.get("access_token") or "")
        refresh = str(answer.get("refresh_token") or "")
        until = now + timedelta(seconds=int(answer.get("expires_in") or 0))
        if not (token and refresh):
            return await self._put_off(found, "the answer holds no token")
        await self._store(found, (token, refresh), until)
        return token

    async def _store(
        self, found: Installed, tokens: tuple[str, str], until: datetime
    ) -> None:
        """Keep the new tokens: the old refresh token was spent on them.

        So a database that restarts just now is waited for.
        """
        for pause_s in (*KEEP_AGAIN_AFTER_S, None):
            try:
                async with self._backing.as_role("vault") as session:
                    key = self._backing.key
                    await installations.renewed(session, key, found, tokens, until)
            except (SQLAlchemyError, OSError) as failure:
                if pause_s is None:
                    raise
                log.warning("slack.not_renewed", reason=type(failure).__name__)
                await asyncio.sleep(pause_s)
            else:
                return

    async def _refused(self, found: Installed, code: str) -> str:
        if code not in SPENT:
            return await self._put_off(found, code)
        await self._endings.end(
            found.account, "invalid_refresh_token", status="expired"
        )
        reason = "the app's token could not be renewed; install it again"
        raise Refused(End.REVOKED.because(reason))

    async def _put_off(self, found: Installed, why: str) -> str:
        """Go on with the token there is; the next who asks tries again."""
        log.warning("slack.not_renewed", reason=why)
        async with self._backing.as_role("vault") as session:
            await installations.not_renewed(session, found)
        return self._still_good(found)
