"""Confirming one's e-mail address, in a chat."""

from uuid import UUID

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.errors import Unavailable
from agent.identity import codes, emails, linking, names
from agent.identity.account_schemas import CodeMailed, Confirmed
from agent.identity.emails import Shown, WrongCode
from agent.identity.invite_operations import ensure_unseen
from agent.identity.schemas import Grant
from agent.operation import Command, Effect, Surface, operation
from agent.ports import Change, House, Letter
from agent.shapes import Frozen

WRITTEN = r"(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+"
"""What looks like an address; ``names.address`` judges it."""


class NoMail(Unavailable):
    """This installation cannot send mail."""

    code = "no_mail"

    def __init__(self) -> None:
        """Say what to set, and what works without."""
        super().__init__(
            "No mail server is set up here, so I cannot mail a code.",
            hint="Whoever runs me sets SMTP_HOST and SMTP_FROM. "
            "`/link` joins your messengers without mail.",
        )


class Address(Frozen):
    """Parameters of ``identity.email``."""

    address: str = Field(max_length=320, description="Your e-mail address")


class Digits(Frozen):
    """Parameters of ``identity.confirm``."""

    code: str = Field(max_length=40, description="The six digits that were mailed")


@operation(
    "identity.email",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT},
    command=Command(
        "email",
        takes=("address",),
        says=(rf"(?:my e-?mail(?: address)? is )?(?P<address>{WRITTEN})",),
    ),
    personal=True,
)
async def mail_code(ctx: Ctx, p: Address) -> CodeMailed:
    """Confirm your e-mail address: I mail you six digits.

    Raises:
        NoMail: No mail server is set up.
        BadInput: It is no address, the mail server refuses it, or others read along.
        TooManyMails: Enough was mailed for now.
        Unavailable: The mail server does not take it now.
    """
    home, address = ctx.at_home, names.address(p.address)
    if home.mail is None:
        raise NoMail
    await ensure_unseen(ctx)
    async with home.as_role("door") as session:
        digits = await emails.issue(session, ctx.caller.user_id, address, home.pepper)
    minutes = int(emails.TTL.total_seconds()) // 60
    await home.mail.send(_letter(address, digits, minutes))
    return CodeMailed(address=address, minutes=minutes)


@operation(
    "identity.confirm",
    effect=Effect.WRITE,
    role=Role.VIEWER,
    on={Surface.CHAT},
    command=Command(
        "confirm",
        takes=("code",),
        says=(r"(?:the |my )?(?:code(?: is)? )?(?P<code>\d{3}[ -]?\d{3})",),
    ),
    personal=True,
)
async def confirm(ctx: Ctx, p: Digits) -> Confirmed:
    """Bring the six digits from the mail.

    Raises:
        WrongCode: They are not those that were mailed, or no longer good.
        BadInput: Others read along: what is answered may be a code, too.
    """
    await ensure_unseen(ctx)
    home, digits = ctx.at_home, "".join(filter(str.isdecimal, p.code))
    by = ctx.origin.key if ctx.origin else ""
    me = ctx.caller.user_id
    async with home.as_role("door") as session:
        found = await emails.confirm(session, me, digits, home.pepper, by=by)
    if not isinstance(found, Shown):
        raise WrongCode(found)
    if found.account != me:
        code = await _code_of_the_other(home, found.account)
        return Confirmed(address=found.address, is_linked=False, code=code)
    await emails.keep(ctx.session, me, found.address)
    ctx.changed(Change("account", str(me), None, {"email": "confirmed"}))
    return Confirmed(address=found.address, is_linked=True, code="")


async def _code_of_the_other(home: House, account: UUID) -> str:
    # Whoever reads an account's mail may speak as it; that the two become one, with
    # all that was said to either, they say once more.
    async with home.as_role("door") as session:
        return await codes.issue(
            session,
            purpose=linking.LINK,
            ttl=linking.TTL,
            grant=Grant(account, await linking.home_of(session, account)),
            pepper=home.pepper,
        )


def _letter(address: str, digits: str, minutes: int) -> Letter:
    return Letter(
        to=address,
        subject=f"{digits} is your code",
        text=(
            f"Your code is {digits}\n\n"
            f"Send it to me in the chat where you asked for it. It is good for "
            f"{minutes} minutes, once.\n\n"
            "You did not ask for it? Then somebody mistyped their address, and there "
            "is nothing to do.\n"
        ),
    )


OPERATIONS = (mail_code, confirm)
