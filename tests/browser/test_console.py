"""The console in Chromium: clean by axe in light, dark and on a phone, and live."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from agent.identity import sessions
from agent.identity.sessions import Client
from bot.ears import Ears, connector
from bot.web.pg_desk import PgDesk
from db.server_bootstrap import Urls
from tests.agent.catalog.taught import add_lessons, judge
from tests.agent.world import World
from tests.bot.web.console.furnished import OUTPUT, RUN, Backing, furnish, ident
from tests.bot.web.pg_chat import Backing as DeskBacking
from tests.bot.web.pg_chat import Shelf, code_for, keep
from tests.browser.conftest import Site, visiting
from tests.conftest import connected, copied
from tests.db.asking import run
from tests.seeds import ACME, ANA

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATHS = (
    *("/console", "/console/runs", "/console/runs/1", "/console/runs/3"),
    *("/console/runs/5", "/console/runs/6", "/console/outputs"),
    *(
        "/console/runs?status=timeout",
        "/console/skills",
        "/console/skills/cold-email",
        "/console/clients",
        "/console/clients?archived=1",
    ),
    *("/console/clients/{brand}", "/console/clients/{brand}/versions/1"),
    *("/console/members", "/console/keys", "/console/usage", "/console/audit"),
    f"/console/outputs/{ident(OUTPUT, 0)}",
    *("/console/settings", "/console/runs/999", "/console/nowhere", "/signin"),
)
SAMPLE = (
    *("/console", "/console/runs/3", "/console/runs/6", "/console/skills"),
    *(
        "/console/skills/copywriting",
        "/console/clients/{brand}",
        "/console/keys",
        "/console/usage",
        "/console/audit",
    ),
    f"/console/outputs/{ident(OUTPUT, 0)}",
)
"""Between them, every kind of thing that stands on a page."""

LOOKS: dict[str, dict[str, object]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 375, "height": 740},
        "is_mobile": True,
    },
}
# Structure is the same in the dark; only what is seen is not.
LOOKED_FOR: dict[str, dict[str, object]] = {
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},
}
EVERYTHING: dict[str, object] = {"resultTypes": ["violations"]}
OPEN_ALL = "document.querySelectorAll('details').forEach(it => (it.open = true))"
PATIENCE_MS = 30_000  # a busy machine takes its time over so many pages
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Served:
    """A furnished workspace at an address."""

    site: Site
    world: World
    desk: PgDesk
    brand: UUID

    async def token(self) -> str:
        async with self.world.door() as session:
            client = Client("127.0.0.1", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
            return await sessions.create(
                session, user_id=ANA, workspace_id=ACME, client=client
            )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(server: Urls, template: Urls) -> AsyncIterator[Served]:
    """One server for all the looks."""
    async with (
        copied(server, template) as urls,
        connected(urls.app) as app,
        connected(urls.system) as system,
        connected(urls.owner) as owner,
    ):
        world, ears = World(app, system, owner), Ears(connector(urls.app))
        desk = PgDesk(DeskBacking(app, system, Shelf()), ears, keep)
        site = Site(desk, Backing(world))
        brand = await furnish(world)
        await judge(world)
        await add_lessons(world)
        await site.up()
        yield Served(site, world, desk, brand)
        await site.down()
        await ears.close()


@pytest.mark.parametrize(
    ("look", "paths"),
    [
        ("light", PATHS),
        ("dark", SAMPLE),
        ("phone", SAMPLE),
        pytest.param("dark", PATHS, marks=pytest.mark.long),
        pytest.param("phone", PATHS, marks=pytest.mark.long),
    ],
    ids=["light", "dark", "phone", "dark-all", "phone-all"],
)
async def test_every_page_is_accessible_and_fits(
    browser: Browser, served: Served, look: str, paths: tuple[str, ...]
) -> None:
    found: dict[str, list[str]] = {}
    async with visiting(
        browser, served.site, await served.token(), **LOOKS[look]
    ) as context:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        for path in paths:
            await page.goto(served.site.url + path.format(brand=served.brand))
            found[path] = await faults(page, LOOKED_FOR.get(look, EVERYTHING))
    assert {path: told for path, told in found.items() if told} == {}


async def faults(page: Page, options: dict[str, object]) -> list[str]:
    """What axe finds, and whether the page must be scrolled sideways."""
    await page.evaluate(OPEN_ALL)
    results = await Axe().run(page, options=options)
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in results.response["violations"]
    ]
    wider = await page.evaluate(WIDER)
    return [*told, f"{wider} px too wide"] if wider > 0 else told


async def test_the_link_signs_in_and_a_run_is_followed_live(
    browser: Browser, served: Served
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if said.type == "error" else None,
    )
    code = await code_for(served.desk, ANA, ACME)
    await page.goto(f"{served.site.url}/signin?to=console&code={code}")
    await expect(page).to_have_url(f"{served.site.url}/console")
    await page.get_by_role("link", name="#7 Website copy").first.click()
    badge = page.locator("main .badge").first
    await expect(badge).to_have_text("being written")
    finish = "UPDATE runs SET status = 'completed', completed_at = now() WHERE id = :id"
    await run(served.world.owner, finish, id=ident(RUN, 6))
    await expect(badge).to_have_text("done")
    await expect(page.locator("#news")).to_have_text("Run 7: done.")
    await expect(page.get_by_role("button", name="Run again")).to_be_visible()
    assert errors == []
    await context.close()


_CHECKED = """
    INSERT INTO run_steps (workspace_id, run_id, position, name, kind, status, output)
    SELECT workspace_id, id, 9, 'check', 'check', 'completed',
           jsonb_build_object('rulings', jsonb_build_array(jsonb_build_object(
               'code', 'C01', 'rule', 'Name a price.', 'outcome', 'kept',
               'how', 'code')))
    FROM runs WHERE id = :id
"""


async def test_what_was_opened_stays_open_while_the_page_is_kept_fresh(
    browser: Browser, served: Served
) -> None:
    waiting, owner = ident(RUN, 5), served.world.owner
    await run(owner, _CHECKED, id=waiting)
    async with visiting(browser, served.site, await served.token()) as context:
        page = await context.new_page()
        await page.goto(f"{served.site.url}/console/runs/6")
        await page.get_by_text("Each rule").click()
        await expect(page.get_by_text("Name a price.")).to_be_visible()
        await run(owner, "UPDATE runs SET cost_usd = 0.77 WHERE id = :id", id=waiting)
        await expect(page.get_by_text("$0.77")).to_be_visible()
        await expect(page.get_by_text("Name a price.")).to_be_visible()


async def test_it_works_without_javascript_by_keyboard_alone(
    browser: Browser, served: Served
) -> None:
    async with visiting(
        browser, served.site, await served.token(), java_script_enabled=False
    ) as context:
        page = await context.new_page()
        await page.goto(f"{served.site.url}/console/clients")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")  # past the link beside the heading
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("New client")).to_be_focused()
        await page.keyboard.type("Northside")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Northside")
        await expect(page.get_by_role("status")).to_have_text("Added.")
