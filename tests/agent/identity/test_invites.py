"""Invitations, address codes and links over the tables: what must never work."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest

from agent.ctx import Role
from agent.errors import BadInput, Conflict, Forbidden, NotFound, Unavailable
from agent.identity import callers, emails, invites, linking, members
from agent.identity.account_operations import link, me
from agent.identity.callers import Identity, Membership, Spot
from agent.identity.email_operations import confirm, mail_code
from agent.identity.invite_operations import (
    Invite,
    invite,
    join,
    list_invites,
    revoke_invite,
)
from agent.identity.linking import Brought, Linked
from agent.ports import Letter
from tests.agent.world import AS_ANA, AS_BOB, AS_EVE, PEPPER, World, asked
from tests.db.asking import one, run
from tests.seeds import ACME, ANA, BOB, EVE, RIVAL

STRANGER = Identity("slack", "T1", "U1", "Zoe")
DM = Spot("slack", "T1", "D1", "", "private")


async def test_an_invitation_is_shown_mailed_listed_and_revoked(world: World) -> None:
    made = await world.call(invite, AS_ANA, address="ZOE@Acme.com", standing="viewer")
    assert (made.was_mailed, made.role, made.days) == (True, "viewer", 7)
    [letter] = world.mail.sent
    assert letter.to == "zoe@acme.com"
    assert made.code in letter.text
    assert "Ana invites you to Acme" in letter.subject
    [line] = (await world.call(list_invites, AS_ANA)).lines
    assert (line.handle, line.address) == (made.code[:5], "zoe@acme.com")
    assert (line.invited_by, line.days) == ("Ana", 7)
    await world.call(revoke_invite, AS_ANA, handle=made.handle.lower())
    assert (await world.call(list_invites, AS_ANA)).lines == []
    eve = await world.settled(AS_EVE)
    with pytest.raises(BadInput, match="no good"):
        await world.call(join, eve, code=made.code)


@pytest.mark.parametrize(
    ("typed", "address", "standing"),
    [
        ({"address": "viewer"}, "", "viewer"),
        ({"address": "a@b.co", "standing": "as viewer"}, "a@b.co", "viewer"),
        ({"address": "a@b.co", "standing": "as an ADMIN"}, "a@b.co", "admin"),
        ({"address": "a@b.co"}, "a@b.co", "member"),
        ({}, "", "member"),
    ],
)
def test_an_invitation_is_read_as_people_write_it(
    typed: dict[str, str], address: str, standing: str
) -> None:
    read = Invite.model_validate(typed)
    assert (read.address, read.standing) == (address, standing)


async def test_another_workspace_s_invitations_are_neither_seen_nor_revoked(
    world: World,
) -> None:
    made = await world.call(invite, AS_ANA)
    assert (await world.call(list_invites, AS_EVE)).lines == []
    with pytest.raises(NotFound):
        await world.call(revoke_invite, AS_EVE, handle=made.handle)
    assert len((await world.call(list_invites, AS_ANA)).lines) == 1


@pytest.mark.parametrize("mine", ["viewer", "member"])
async def test_who_is_no_admin_invites_nobody(world: World, mine: str) -> None:
    caller = replace(AS_BOB, role=Role[mine.upper()])
    with pytest.raises(Forbidden, match=f"you are a {mine}"):
        await world.call(invite, caller)
    with pytest.raises(Forbidden, match=f"you are a {mine}"):
        await world.call(list_invites, caller)
    assert await one(world.owner, "SELECT count(*) FROM link_codes") == 0


async def demote(world: World, role: str) -> None:
    await run(
        world.owner,
        """WITH other AS (INSERT INTO workspace_members (workspace_id, user_id, role)
           VALUES (:w, :eve, 'owner'))
           UPDATE workspace_members SET role = :role WHERE user_id = :ana""",
        w=ACME,
        eve=EVE,
        role=role,
        ana=ANA,
    )


async def expire(world: World) -> None:
    await run(world.owner, "UPDATE link_codes SET expires_at = now()")


async def lose(world: World) -> None:
    await demote(world, "admin")


async def remove(world: World) -> None:
    await demote(world, "admin")
    await run(world.owner, "DELETE FROM workspace_members WHERE user_id = :a", a=ANA)


async def erase(world: World) -> None:
    await run(
        world.owner, "UPDATE workspaces SET erased_at = now() WHERE id=:w", w=ACME
    )


@pytest.mark.parametrize("spoil", [expire, lose, remove, erase])
async def test_an_invitation_whose_ground_is_gone_lets_nobody_in(
    world: World, spoil: Callable[[World], Awaitable[None]]
) -> None:
    made = await world.call(invite, AS_ANA, standing="owner")
    await spoil(world)
    async with world.door() as session:
        assert await invites.look(session, made.code, PEPPER) is None


async def test_an_invitation_is_one_person_s_even_in_a_race(world: World) -> None:
    made = await world.call(invite, AS_ANA)

    async def take(user_id: UUID) -> bool:
        async with world.door() as session:
            offer = await invites.look(session, made.code, PEPPER)
            if offer is None:
                return False
            await invites.accept(session, offer, user_id, "x")
            return True

    people = [UUID(int=number) for number in range(1, 5)]
    for person in people:
        await run(world.owner, "INSERT INTO users (id) VALUES (:id)", id=person)
    took = [await take(person) for person in people]
    assert took.count(True) == 1
    joined = "SELECT count(*) FROM workspace_members WHERE workspace_id = :w"
    assert await one(world.owner, joined, w=ACME) == 3


async def test_a_message_worked_on_twice_joins_once(world: World) -> None:
    made = await world.call(invite, AS_ANA, standing="viewer")
    eve = await world.settled(AS_EVE)

    async def once(*, crash: bool) -> None:
        async with world.ctx(eve, asked(eve, "inbox:7", f"/join {made.code}")) as ctx:
            await join.run(ctx, join.params(code=made.code))
            if crash:
                raise ConnectionError

    with pytest.raises(ConnectionError):
        await once(crash=True)
    await once(crash=False)
    async with world.door() as session:
        assert await members.role_in(session, EVE, ACME) == "viewer"
    there = replace(eve, workspace_id=ACME, role=Role.VIEWER)
    with pytest.raises(BadInput, match="no good"):
        await world.call(join, there, code=made.code)  # another message


async def test_who_is_in_already_keeps_their_role_and_the_invitation(
    world: World,
) -> None:
    made = await world.call(invite, AS_ANA, standing="viewer")
    bob = await world.settled(AS_BOB)
    done = await world.call(join, bob, code=made.code)
    assert (done.role, done.moved) == ("member", False)
    assert len((await world.call(list_invites, AS_ANA)).lines) == 1


async def test_an_address_is_one_account_s_and_case_does_not_matter(
    world: World,
) -> None:
    await world.call(mail_code, AS_ANA, address="Ana@ACME.com")
    digits = world.mail.sent[-1].subject[:6]
    done = await world.call(confirm, AS_ANA, code=f"{digits[:3]} {digits[3:]}")
    assert (done.address, done.is_linked) == ("ana@acme.com", True)
    await world.call(mail_code, AS_BOB, address="aNa@acme.com")
    other = await world.call(confirm, AS_BOB, code=world.mail.sent[-1].subject[:6])
    assert (other.is_linked, bool(other.code)) == (False, True)
    emails_kept = "SELECT array_agg(email) FROM users WHERE email IS NOT NULL"
    assert await one(world.owner, emails_kept) == ["ana@acme.com"]
    assert (await world.call(me, AS_ANA)).email == "ana@acme.com"
    assert (await world.call(me, AS_BOB)).email == ""


async def test_digits_are_for_the_address_they_were_mailed_to(world: World) -> None:
    await world.call(mail_code, AS_ANA, address="ana@acme.com")
    digits = world.mail.sent[-1].subject[:6]
    await run(world.owner, "UPDATE link_codes SET sent_to = 'eve@evil.test'")
    with pytest.raises(BadInput, match="not the code"):
        await world.call(confirm, AS_ANA, code=digits)


async def test_digits_that_are_too_old_are_worth_nothing(world: World) -> None:
    await world.call(mail_code, AS_ANA, address="ana@acme.com")
    await expire(world)
    with pytest.raises(BadInput, match="not waiting"):
        await world.call(confirm, AS_ANA, code=world.mail.sent[-1].subject[:6])


async def test_nobody_s_mailbox_is_filled_through_us(world: World) -> None:
    for _ in range(emails.TO_ONE_ADDRESS):
        await world.call(mail_code, AS_ANA, address="victim@acme.com")
    for caller in (AS_ANA, AS_EVE):
        with pytest.raises(Conflict, match="enough codes"):
            await world.call(mail_code, caller, address="victim@acme.com")
    assert len(world.mail.sent) == emails.TO_ONE_ADDRESS


@pytest.mark.parametrize(
    "address",
    [
        "ana",
        "ana@acme",
        "ana@acme.com\r\nBcc: eve@evil.test",
        "ana@acme.com, eve@evil.test",
        "<ana@acme.com>",
        '"a b"@acme.com',
        "ana@[127.0.0.1]",
        f"{'a' * 250}@acme.com",
        "ana..b@acme.com",
        "an\u0430@acme.com",  # a Cyrillic letter
    ],
)
async def test_what_is_no_plain_address_is_mailed_nothing(
    world: World, address: str
) -> None:
    with pytest.raises(BadInput):
        await world.call(mail_code, AS_ANA, address=address)
    with pytest.raises(BadInput):
        await world.call(invite, AS_ANA, address=address)
    assert world.mail.sent == []


class Broken:
    """A mail server that never answers."""

    async def send(self, letter: Letter) -> None:
        raise Unavailable("The mail could not be handed over.")


async def test_an_invitation_stands_though_the_mail_does_not_go(world: World) -> None:
    world.mail = Broken()  # type: ignore[assignment]
    made = await world.call(invite, AS_ANA, address="zoe@acme.com")
    assert (made.was_mailed, bool(made.why_not)) == (False, True)
    async with world.door() as session:
        assert await invites.look(session, made.code, PEPPER) is not None


def brought(code: str, *, sure: bool = False, by: str = "inbox:1") -> Brought:
    return Brought(code, STRANGER, DM, by, is_sure=sure)


async def take(world: World, what: Brought) -> Linked | None:
    async with world.door() as session:
        return await linking.take(session, what, PEPPER)


async def test_a_link_code_is_only_shown_where_nobody_else_reads(world: World) -> None:
    group = await world.settled(AS_ANA, chat="-5", kind="group")
    with pytest.raises(BadInput, match="Others read along"):
        await world.call(link, group)
    with pytest.raises(BadInput, match="Others read along"):
        await world.call(invite, group)


async def test_a_code_for_somebody_s_other_account_is_shown_to_no_group(
    world: World,
) -> None:
    await world.call(mail_code, AS_ANA, address="ana@acme.com")
    await world.call(confirm, AS_ANA, code=world.mail.sent[-1].subject[:6])
    await world.call(mail_code, AS_BOB, address="ana@acme.com")
    group = await world.settled(AS_BOB, chat="-5", kind="group")
    with pytest.raises(BadInput, match="Others read along"):
        await world.call(confirm, group, code=world.mail.sent[-1].subject[:6])
    codes_of_ana = "SELECT count(*) FROM link_codes WHERE purpose = 'link_channel'"
    assert await one(world.owner, codes_of_ana) == 0


async def test_guessing_digits_is_slow_by_the_day_too(world: World) -> None:
    hour_over = "UPDATE throttles SET expires_at = now() WHERE key NOT LIKE 'mail-day%'"
    for _ in range(emails.TO_ONE_A_DAY):
        await world.call(mail_code, AS_EVE, address="ana@acme.com")
        await run(world.owner, hour_over)
    with pytest.raises(Conflict, match="enough codes"):
        await world.call(mail_code, AS_EVE, address="ana@acme.com")


async def test_nobody_has_us_mail_invitations_to_the_whole_world(world: World) -> None:
    for _ in range(invites.MAILED_TO_ONE):
        await world.call(invite, AS_ANA, address="victim@acme.com")
    for caller in (AS_ANA, AS_EVE):
        with pytest.raises(Conflict, match="enough invitations"):
            await world.call(invite, caller, address="Victim@acme.com")
    assert len(world.mail.sent) == invites.MAILED_TO_ONE
    for number in range(invites.MAILED_BY_ONE - invites.MAILED_TO_ONE):
        await world.call(invite, AS_ANA, address=f"a{number}@acme.com")
    with pytest.raises(Conflict, match="enough invitations"):
        await world.call(invite, AS_ANA, address="one@more.com")
    assert (await world.call(invite, AS_ANA)).web  # by hand it goes on


async def test_what_lets_somebody_in_is_printed_nowhere(world: World) -> None:
    made = await world.call(invite, AS_ANA)
    linked = await world.call(link, AS_ANA)
    assert made.code not in repr(made)
    assert linked.code not in repr(linked)


async def test_two_accounts_that_become_one_keep_the_higher_role_and_what_was_private(
    world: World,
) -> None:
    code = (await world.call(link, AS_BOB)).code
    async with world.door() as session:
        await callers.know(session, Membership(EVE, RIVAL), STRANGER)
    await run(
        world.owner,
        "INSERT INTO workspace_members (workspace_id, user_id, role) "
        "VALUES (:w, :u, 'admin')",
        w=ACME,
        u=EVE,
    )
    await run(world.owner, "UPDATE users SET email = 'eve@r.co' WHERE id = :u", u=EVE)
    eve = await world.settled(AS_EVE)
    assert await take(world, brought(code)) is Linked.ASKS
    assert await role(world, BOB, ACME) == "member"
    assert await take(world, brought(code, sure=True)) is Linked.MERGED
    assert await role(world, BOB, ACME) == "admin"
    assert await role(world, BOB, RIVAL) == "owner"
    assert await role(world, EVE, RIVAL) is None
    kept = "SELECT user_id FROM conversations WHERE id = :id"
    assert await one(world.owner, kept, id=eve.conversation_id) == BOB
    emails_kept = "SELECT id FROM users WHERE email = 'eve@r.co'"
    assert await one(world.owner, emails_kept) == BOB
    closed = "SELECT is_active FROM users WHERE id = :u"
    assert await one(world.owner, closed, u=EVE) is False
    assert await take(world, brought(code, sure=True)) is Linked.SAME  # again
    assert await take(world, brought(code, sure=True, by="inbox:2")) is None


async def role(world: World, user_id: UUID, workspace: UUID) -> str | None:
    async with world.door() as session:
        return await members.role_in(session, user_id, workspace)


async def test_a_caller_without_a_house_is_told_to_use_the_chat(world: World) -> None:
    async with world.ctx(AS_ANA) as ctx:
        with pytest.raises(Unavailable, match="cannot be done from here"):
            await mail_code.run(
                replace(ctx, house=None), mail_code.params(address="a@b.co")
            )
