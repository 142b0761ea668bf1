"""Slack's OAuth: the page that asks, codes that serve once, tokens that rotate.

Source: docs.slack.dev/authentication/installing-with-oauth,
/authentication/using-token-rotation, /reference/methods/oauth.v2.access
"""

import base64
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.standins.slack.rules import Failure
from tests.standins.slack.state import APP, BOT, TEAM, Json, World

CLIENT_ID, CLIENT_SECRET = "1111.2222", "app-s3cret"
CONFIG_TOKEN = "xoxe.xoxp-1-standin"
CODE_S, TOKEN_S = 600, 43_200


@dataclass
class Install:
    """The app in one team, or in a whole organisation."""

    account: str
    name: str
    scopes: list[str]
    token: str
    is_org: bool = False
    refresh: str = ""
    expires_at: float | None = None
    fault: str = ""
    """What every call with its token is answered from now on."""
    spent: set[str] = field(default_factory=set)
    """Refresh tokens that were used."""


@dataclass
class Code:
    """What an approval hands to the app, by way of the person's browser."""

    account: str
    user: str
    redirect_uri: str
    scopes: list[str]
    made_at: float
    is_used: bool = False


class OAuth:
    """What Slack knows of the app's installations besides the one by hand."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.redirect_urls: list[str] = []
        self.rotates = False
        self.names = {TEAM: "Acme", "T0ZEN": "Zen", "E0CORP": "Corp"}
        self.installs: dict[str, Install] = {}
        self.codes: dict[str, Code] = {}
        self.manifest: Json = {}
        """What the app's own page holds, for ``apps.manifest.export``."""

    # a person in a browser

    def approve(self, url: str, *, team: str = "T0ZEN", user: str = "U0ANNA") -> str:
        """Press Allow on the page at ``url``; where the browser is sent."""
        asked = self._asked(url)
        code = f"code{self._world.serial()}"
        self.codes[code] = Code(
            account=team,
            user=user,
            redirect_uri=asked["redirect_uri"],
            scopes=asked["scope"].split(","),
            made_at=self._world.now(),
        )
        back = {"code": code, "state": asked.get("state", "")}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def deny(self, url: str) -> str:
        """Press Cancel; where the browser is sent."""
        asked = self._asked(url)
        back = {"error": "access_denied", "state": asked.get("state", "")}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _asked(self, url: str) -> dict[str, str]:
        where = urlsplit(url)
        assert where.path == "/oauth/v2/authorize", url
        asked = {name: values[0] for name, values in parse_qs(where.query).items()}
        assert asked["client_id"] == CLIENT_ID, "invalid_client_id"
        assert asked["scope"], "no scopes requested"
        known = any(asked["redirect_uri"].startswith(u) for u in self.redirect_urls)
        assert known, f"bad_redirect_uri: {asked['redirect_uri']}"
        return asked

    # the app

    def access(self, args: Json, credentials: str) -> Json:
        try:
            self._authenticate(args, credentials)
            if args.get("grant_type") == "refresh_token":
                return {"ok": True, **self._refreshed(args)}
            return {"ok": True, **self._exchanged(args)}
        except Failure as failure:
            return failure.answer

    def _authenticate(self, args: Json, credentials: str) -> None:
        given = args.get("client_id"), args.get("client_secret")
        if credentials.startswith("Basic "):
            plain = base64.b64decode(credentials.removeprefix("Basic ")).decode()
            given = tuple(plain.split(":", 1))  # type: ignore[assignment]
        if given[0] != CLIENT_ID:
            raise Failure("invalid_client_id")
        if given[1] != CLIENT_SECRET:
            raise Failure("bad_client_secret")

    def _exchanged(self, args: Json) -> Json:
        if args.get("grant_type", "authorization_code") != "authorization_code":
            raise Failure("invalid_grant_type")
        code = self.codes.get(str(args.get("code") or ""))
        if code is None or self._world.now() - code.made_at > CODE_S:
            raise Failure("invalid_code")
        if code.is_used:
            raise Failure("code_already_used")
        if args.get("redirect_uri") != code.redirect_uri:
            raise Failure("bad_redirect_uri")
        code.is_used = True
        return self._answer(self._installed(code), code.user)

    def _installed(self, code: Code) -> Install:
        account, before = code.account, self.installs.get(code.account)
        # Without rotation, a team's bot keeps its token however often it is installed.
        kept = before.token if before and not before.fault and not self.rotates else ""
        made = Install(
            account=account,
            name=self.names.get(account, account),
            scopes=code.scopes,
            token=kept or f"xoxb-{account}-{self._world.serial()}",
            is_org=account.startswith("E"),
        )
        if self.rotates:
            self._rotate(made)
        self.installs[account] = made
        return made

    def _rotate(self, install: Install) -> None:
        number = self._world.serial()
        install.token = f"xoxe.xoxb-1-{install.account}-{number}"
        install.refresh = f"xoxe-1-{install.account}-{number}"
        install.expires_at = self._world.now() + TOKEN_S

    def _refreshed(self, args: Json) -> Json:
        given = str(args.get("refresh_token") or "")
        for install in self.installs.values():
            if given and install.refresh == given and not install.fault:
                install.spent.add(given)
                self._rotate(install)
                return self._answer(install, "")
        raise Failure("invalid_refresh_token")

    def _answer(self, install: Install, user: str) -> Json:
        place = {"id": install.account, "name": install.name}
        found: Json = {
            "access_token": install.token,
            "token_type": "bot",
            "scope": ",".join(install.scopes),
            "bot_user_id": BOT,
            "app_id": APP,
            "team": None if install.is_org else place,
            "enterprise": place if install.is_org else None,
            "is_enterprise_install": install.is_org,
            "authed_user": {"id": user},
        }
        if install.refresh:
            found |= {"refresh_token": install.refresh, "expires_in": TOKEN_S}
        return found

    def speaker(self, token: str) -> Install | None:
        """Whose token it is; raises where it is no longer good."""
        found = next((i for i in self.installs.values() if i.token == token), None)
        if found is None:
            return None
        if found.fault:
            raise Failure(found.fault)
        if found.expires_at is not None and found.expires_at <= self._world.now():
            raise Failure("token_expired")
        return found

    def exported(self, args: Json, token: str) -> Json:
        if token != CONFIG_TOKEN:
            return Failure("invalid_auth").answer
        if args.get("app_id") != APP:
            return Failure("app_not_found").answer
        return {"ok": True, "manifest": self.manifest}

    def event(self, account: str, kind: str) -> tuple[Json, Json]:
        """An event of the app's own life, and what its envelope says besides."""
        happened: Json = {"type": kind}
        if kind == "tokens_revoked":
            happened["tokens"] = {"oauth": [], "bot": [BOT]}
        return happened, {"team_id": account, "authorizations": []}

    def uninstall(self, account: str) -> list[tuple[Json, Json]]:
        """Remove the app from a team, as its admin does; the events that go out."""
        self.installs[account].fault = "account_inactive"
        return [self.event(account, k) for k in ("app_uninstalled", "tokens_revoked")]


def seated(account: str) -> Json:
    """How an event's envelope names the installation that it is for."""
    is_org = account.startswith("E")
    seat = {
        "team_id": None if is_org else account,
        "enterprise_id": account if is_org else None,
        "user_id": BOT,
        "is_bot": True,
        "is_enterprise_install": is_org,
    }
    return {"team_id": f"T{account[1:]}", "authorizations": [seat]}
