"""Where PUBLIC_URL is set, a finished piece has a link that anybody can open."""

import re

import httpx

from tests.scenarios.house import Opens
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"
LONG = "# A long piece\n\n" + "\n\n".join(
    f"Part {n}. " + "word " * 90 for n in range(30)
)


async def test_a_piece_can_be_opened_by_its_link(opens: Opens) -> None:
    async with opens(public_url="https://draper.example") as house:
        ana = await house.member("telegram")
        house.claude.script(Reply(LONG))
        await ana.writes(ASK)
        await ana.sees("The whole piece")
        await house.rests()
        said = await house.asks(
            "SELECT string_agg(payload::text, ' ') FROM deliveries"
            " WHERE conversation_id IS NOT NULL"
        )
        found = re.search(r"https://draper\.example(/pieces/[\w.-]+)", said)
        assert found, said
        async with httpx.AsyncClient(base_url=house.url) as anybody:
            answer = await anybody.get(found[1])
            changed = await anybody.get(found[1].replace(".", "x."))
        assert (answer.status_code, changed.status_code) == (200, 404)
        assert answer.text == LONG
