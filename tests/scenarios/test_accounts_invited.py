"""Invitations, roles and workspaces, as people at the doors meet them."""

import re
from typing import Any
from uuid import UUID

import httpx

from tests.scenarios.house import House, Member
from tests.scenarios.on_web import OnWeb
from tests.scenarios.people import Person
from tests.scenarios.test_accounts import CODE, code_in, linked_code

ASK = "write homepage copy for Acme, a payroll tool for clinics"


async def role_of(house: House, person: Person, workspace: UUID) -> str | None:
    team, sender = person.identity
    rows = await house.rows(
        """SELECT m.role FROM user_channels c JOIN workspace_members m USING (user_id)
           WHERE c.team_id = :team AND c.channel_user_id = :sender
             AND m.workspace_id = :workspace""",
        team=team,
        sender=sender,
        workspace=workspace,
    )
    return rows[0][0] if rows else None


async def owner_at(house: House, door: str, group: Any = None) -> tuple[Person, Member]:
    member = await house.enrol()
    person = house.stranger(door, group)
    await house.introduce(person, member)
    return person, member


async def invited(person: Person, role: str) -> str:
    await person.commands(f"invite {role}")
    return code_in(await person.sees("An invitation to", role))


async def test_a_viewer_who_was_mailed_an_invitation_reads_and_writes_nothing(
    house: House,
) -> None:
    boss, home = await owner_at(house, "slack")
    await boss.writes("invite ana.viewer@acme.com as viewer")
    await boss.sees("I mailed it to")
    letter = await house.mail.letter_to("ana.viewer@acme.com")
    start = re.search(r"https://t\.me/\w+\?start=(\S+)", letter.text)
    assert start
    assert CODE.fullmatch(start[1])
    ana = house.stranger("telegram")
    await ana.writes(f"/start {start[1]}")
    await ana.sees("Welcome to", "you are viewer here")
    assert await role_of(house, ana, home.workspace_id) == "viewer"
    await ana.commands("members")
    await ana.sees("viewer", "owner")
    await ana.writes(ASK)
    await ana.sees("needs the member role", "you are a viewer here")
    await ana.commands("invite member")
    await ana.sees("needs the admin role")
    runs = "SELECT count(*) FROM runs WHERE workspace_id = :w"
    assert await house.asks(runs, w=home.workspace_id) == 0


async def test_an_invitation_lets_one_person_in_and_is_on_record(
    house: House, messenger: str
) -> None:
    boss, home = await owner_at(house, "telegram")
    code = await invited(boss, "member")
    ana, eve = house.stranger(messenger), house.stranger(messenger)
    await ana.commands(f"join {code}")
    await ana.sees("Welcome to", "you are member here")
    await eve.commands(f"join {code}")
    await eve.sees("That code is no good", "only work with people my team knows")
    assert await role_of(house, eve, home.workspace_id) is None
    joined = """SELECT after ->> 'role' FROM events
                WHERE type = 'identity.joined' AND workspace_id = :w"""
    assert [row[0] for row in await house.rows(joined, w=home.workspace_id)] == [
        "member"
    ]


async def test_a_revoked_invitation_lets_nobody_in(house: House) -> None:
    boss, home = await owner_at(house, "telegram")
    code = await invited(boss, "member")
    await boss.commands("invites")
    seen = await boss.sees("Open invitations", code[:5])
    await boss.presses(f"Revoke {code[:5]}", under=seen)
    await boss.sees("worth nothing any more")
    eve = house.stranger("slack")
    await eve.commands(f"join {code}")
    await eve.sees("That code is no good")
    assert await role_of(house, eve, home.workspace_id) is None
    await boss.commands("invites")
    await boss.sees("No invitation is open")


async def test_an_invitation_is_worth_what_its_maker_is_worth_now(
    house: House,
) -> None:
    _, home = await owner_at(house, "telegram")
    admin = house.stranger("telegram")
    was = await house.enrol(role="admin", workspace=home.workspace_id)
    await house.introduce(admin, was)
    await admin.commands("invite owner")
    await admin.sees("higher role than their own")
    code = await invited(admin, "admin")
    await house.rows(
        "UPDATE workspace_members SET role = 'member' WHERE user_id = :u",
        u=was.user_id,
    )
    eve = house.stranger("slack")
    await eve.commands(f"join {code}")
    await eve.sees("That code is no good")
    assert await role_of(house, eve, home.workspace_id) is None


async def test_somebody_known_joins_as_themselves_and_their_chat_goes_along(
    house: House, door: str
) -> None:
    boss, home = await owner_at(house, "telegram")
    name = f"Yaz *Agency* <b>{door}</b>"
    await boss.commands(f"workspace rename {name}")
    await boss.sees("is now")
    ana, own = await owner_at(house, door)
    await ana.commands(f"join {await invited(boss, 'member')}")
    seen = await ana.sees("Welcome to", "you are member here")
    assert "Agency" in seen.text
    await ana.commands("status")
    await ana.sees("Workspace", "Yaz")
    member = "SELECT role FROM workspace_members WHERE user_id = :u AND workspace_id=:w"
    assert await house.asks(member, u=own.user_id, w=home.workspace_id) == "member"
    assert await house.asks(member, u=own.user_id, w=own.workspace_id) == "owner"


async def test_a_browser_takes_an_invitation_up_by_pressing_once(
    house: House,
) -> None:
    boss, home = await owner_at(house, "telegram")
    code = await invited(boss, "viewer")
    page = house.stranger("web")
    assert isinstance(page, OnWeb)
    client: httpx.AsyncClient = page._client
    shown = await client.get("/join", params={"code": code})
    assert (shown.status_code, code in shown.text) == (200, True)
    evil = {"code": code, "name": "<script>alert(1)</script>"}
    foreign = {"origin": "https://evil.test", "sec-fetch-site": "cross-site"}
    refused = await client.post("/join", data=evil, headers=foreign)
    assert refused.status_code == 403
    wrong = await client.post("/join", data=evil | {"code": f"{code[:5]}2222233333"})
    assert (wrong.status_code, "no good" in wrong.text) == (400, True)
    inside = await client.post("/join", data=evil)
    assert inside.status_code == 303
    await page.listens()
    await page.commands("me")
    seen = await page.sees("viewer", "script")
    assert "<script>" in seen.text, "shown as the letters it is made of"
    again = await client.post("/join", data=evil)
    assert again.status_code == 400
    joined = "SELECT count(*) FROM workspace_members WHERE workspace_id = :w"
    assert await house.asks(joined, w=home.workspace_id) == 2


async def test_a_code_of_another_kind_is_no_invitation(house: House) -> None:
    boss, home = await owner_at(house, "telegram")
    link = await linked_code(boss)
    page = house.stranger("web")
    assert isinstance(page, OnWeb)
    answer = await page._client.post("/join", data={"code": link, "name": "Eve"})
    assert answer.status_code == 400
    joined = "SELECT count(*) FROM workspace_members WHERE workspace_id = :w"
    assert await house.asks(joined, w=home.workspace_id) == 1


async def test_a_role_changed_between_list_and_press_decides(house: House) -> None:
    _, home = await owner_at(house, "slack")
    admin = house.stranger("telegram")
    was = await house.enrol(role="admin", workspace=home.workspace_id)
    await house.introduce(admin, was)
    other = await house.enrol(role="member", workspace=home.workspace_id)
    await admin.commands("members")
    seen = await admin.sees("In Team")
    label = next(label for label in seen.buttons if label.endswith("viewer"))
    await house.rows(
        "UPDATE workspace_members SET role = 'viewer' WHERE user_id = :u",
        u=was.user_id,
    )
    await admin.press(seen, label)
    await admin.is_told("needs the admin role")
    kept = "SELECT role FROM workspace_members WHERE user_id = :u"
    assert await house.asks(kept, u=other.user_id) == "member"


async def test_a_new_workspace_is_begun_and_left_behind_it_stays_closed(
    house: House, door: str
) -> None:
    ana, home = await owner_at(house, door)
    await ana.commands("client new Bolt")
    await ana.sees("Bolt")
    await ana.commands("cancel")
    await ana.commands("workspace new Yaz Agency")
    await ana.sees("Yaz Agency", "is yours")
    await ana.commands("clients")
    await ana.sees("No clients yet")
    await ana.commands("workspaces")
    seen = await ana.sees("Yaz Agency, owner (this chat)", "Team, owner")
    await ana.presses("Use Team", under=seen)
    await ana.sees("now works in Team")
    await ana.commands("clients")
    await ana.sees("Your clients", "Bolt")
    await ana.commands("workspace use yaz")
    await ana.sees("now works in Yaz Agency")
    await ana.commands("workspace use Nowhere")
    await ana.sees("in no workspace called", "Yaz Agency")
    made = "SELECT count(*) FROM events WHERE type = 'identity.new_workspace'"
    assert await house.asks(f"{made} AND workspace_id = :w", w=home.workspace_id) == 1


async def test_who_was_removed_is_told_and_goes_on_where_they_still_are(
    house: House, messenger: str
) -> None:
    _, home = await owner_at(house, "telegram")
    bob = await house.member(messenger, workspace=home.workspace_id, role="member")
    await bob.commands("workspace new Mine")
    await bob.sees("Mine", "is yours")
    await bob.commands("workspace use Team")
    await bob.sees("now works in Team")
    await house.rows(
        "DELETE FROM workspace_members WHERE workspace_id = :w AND role = 'member'",
        w=home.workspace_id,
    )
    await bob.writes(ASK)
    await bob.sees("no longer in the workspace", "it works in Mine")
    await bob.commands("status")
    await bob.sees("Workspace: Mine")


async def test_a_group_works_where_an_admin_of_both_binds_it(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    at = "@draper_bot" if messenger == "telegram" else "@draper"
    boss, home = await owner_at(house, messenger, group)
    member = await house.member(
        messenger, group, workspace=home.workspace_id, role="member"
    )
    await boss.writes(f"{at} /bind")
    await boss.sees("This group works in Team")
    other = await house.enrol()
    await house.rows(
        """INSERT INTO workspace_members (workspace_id, user_id, role)
           VALUES (:w, :u, 'member')""",
        w=other.workspace_id,
        u=(await account_of(house, boss)),
    )
    await house.rows(
        "UPDATE workspaces SET name = 'Other' WHERE id = :w", w=other.workspace_id
    )
    await boss.writes(f"{at} /workspace use Other")
    await boss.sees("owner or admin of both")
    await member.writes(f"{at} /bind Team")
    await member.sees("needs the admin role")
    await house.rows(
        """UPDATE workspace_members SET role = 'admin'
           WHERE workspace_id = :w AND role = 'member'""",
        w=other.workspace_id,
    )
    await boss.writes(f"{at} /bind Other")
    await boss.sees("This group now works in Other")
    await boss.writes(f"{at} /status")
    await boss.sees("Workspace: Other")
    await member.writes(f"{at} /status")
    await member.sees("belongs to a workspace you are not in")


async def account_of(house: House, person: Person) -> Any:
    team, sender = person.identity
    query = """SELECT user_id FROM user_channels
               WHERE team_id = :team AND channel_user_id = :sender"""
    return await house.asks(query, team=team, sender=sender)


async def test_a_group_is_opened_to_all_members_and_closed_again(
    house: House, messenger: str
) -> None:
    group = house.group(messenger)
    at = "@draper_bot" if messenger == "telegram" else "@draper"
    boss, home = await owner_at(house, messenger, group)
    seen = "SELECT array_agg(DISTINCT visibility) FROM chats WHERE workspace_id = :w"
    for word, wanted, said in (
        ("close", "private", "Only the people in this chat"),
        ("open", "members", "Every member"),
    ):
        await boss.writes(f"{at} /chat {word}")
        await boss.sees(said)
        assert await house.asks(seen, w=home.workspace_id) == [wanted]
    alone = await house.member("telegram")
    await alone.commands("chat open")
    await alone.sees("yours alone")


async def test_a_slack_team_s_new_chats_begin_where_it_is_bound(
    house: House,
) -> None:
    boss, home = await owner_at(house, "slack")
    first = "SELECT id FROM workspaces ORDER BY id LIMIT 1"
    await boss.commands("bind team")
    await boss.sees("belongs to another workspace")
    await house.rows(
        f"""INSERT INTO workspace_members (workspace_id, user_id, role)
            VALUES (({first}), :u, 'admin')""",  # noqa: S608 - a constant of ours
        u=home.user_id,
    )
    try:
        await boss.commands("bind team")
        await boss.sees("New chats of this Slack team begin in Team")
        bob = await house.member("slack")
        theirs = await account_of(house, bob)
        await house.rows(
            """INSERT INTO workspace_members (workspace_id, user_id, role)
               VALUES (:w, :u, 'viewer')""",
            w=home.workspace_id,
            u=theirs,
        )
        await bob.commands("me")
        await bob.sees("viewer in Team")
        outsider = await house.member("slack")
        await outsider.commands("me")
        await outsider.sees("owner in Team")  # their own, of the same name
    finally:
        await house.rows("DELETE FROM connections")


async def test_leaving_asks_once_and_the_chat_goes_on_elsewhere(
    house: House, door: str
) -> None:
    _, home = await owner_at(house, "telegram")
    bob = house.stranger(door)
    member = await house.enrol(role="member", workspace=home.workspace_id)
    await house.introduce(bob, member)
    await bob.commands("workspace new Mine")
    await bob.sees("Mine", "is yours")
    await bob.commands("workspace use Team")
    await bob.sees("now works in Team")
    still = "SELECT count(*) FROM workspace_members WHERE user_id = :u"
    await bob.commands("leave")
    card = await bob.sees(buttons=("Leave",))
    assert await house.asks(still, u=member.user_id) == 2
    await bob.presses("Leave", under=card)
    await bob.sees("You are out of Team", "works in Mine")
    assert await house.asks(still, u=member.user_id) == 1
    await bob.commands("status")
    await bob.sees("Workspace: Mine")
    await bob.commands("leave")
    await bob.presses("Leave", under=await bob.sees(buttons=("Leave",)))
    await bob.is_told("needs an owner")
    assert await house.asks(still, u=member.user_id) == 1


async def test_who_is_removed_by_a_card_is_out_at_once(house: House) -> None:
    boss, home = await owner_at(house, "slack")
    web = house.stranger("web")
    assert isinstance(web, OnWeb)
    bob = await house.enrol(role="member", workspace=home.workspace_id)
    await house.rows(
        "UPDATE workspace_members SET display_name = 'Bob' WHERE user_id = :u",
        u=bob.user_id,
    )
    await house.introduce(web, bob)
    await boss.commands("remove Bob")
    await boss.presses("Remove", under=await boss.sees(buttons=("Remove",)))
    await boss.sees("Bob is out of Team")
    answer = await web._client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
