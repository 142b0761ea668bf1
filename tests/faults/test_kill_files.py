"""kill -9 while a file that came along is fetched, kept, or looked at.

It is asked about once, and kept once; it is fetched again only if it was not kept.
"""

import pytest

from tests.agent.files import made
from tests.faults.conftest import Opens
from tests.faults.crash import FILES, Deed, crash
from tests.faults.world import Site
from tests.forms import short_form
from tests.scenarios.on_telegram import OnTelegram
from tests.scenarios.test_files import document

POINTS = sorted(FILES)


async def sends(site: Site) -> None:
    """Send a document, without a word."""
    assert isinstance(site.ana, OnTelegram)
    sent = document(site.ana, made.docx("Our margin is 41 percent"), "plan.docx")
    await site.ana.writes("", document=sent)


@pytest.mark.parametrize("point", short_form(POINTS, ["file.kept"]))
async def test_killed_anywhere_a_file_is_kept_once_and_asked_about_once(
    opens: Opens, point: str
) -> None:
    site = await opens("telegram poll")
    await crash(site, Deed(sends), point)
    told = [seen.text for seen in site.ana.chat() if "plan.docx" in seen.text]
    assert len(told) == 1
    assert "What shall I do with it" in told[0]
    [asset] = await site.rows("SELECT status, name, excerpt FROM assets")
    kept = (asset.status, asset.name, asset.excerpt)
    assert kept == ("ready", "plan.docx", "Our margin is 41 percent")
    fetches = [c for c in site.outside.telegram.calls if c.method.lower() == "getfile"]
    assert len(fetches) == (2 if point == "file.fetched" else 1)
