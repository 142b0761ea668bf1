"""schemathesis against our own document, a little every day; see bench/contract.py."""

from pathlib import Path

from db.server_bootstrap import Urls
from tests.bot.surfaces.conftest import listening, whole
from tests.bot.surfaces.contract import judge


async def test_every_answer_is_one_that_the_document_declares(
    database: Urls, tmp_path: Path
) -> None:
    async with whole(database, tmp_path) as api, listening(api.mounts) as base:
        key = await api.key()
        options = ("--phases", "examples", "--seed", "1")
        verdict = await judge(base, key, tmp_path, *options)
    assert verdict.failures == 0, verdict.text[-6000:]
    assert verdict.cases > 20, verdict.text[-2000:]
