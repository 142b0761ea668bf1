"""Somebody asks for a piece, watches it grow, and gets it."""

from tests.scenarios.house import House
from tests.scenarios.people import plain
from tests.standins.anthropic import Reply

ASK = "write homepage copy for Acme, a payroll tool for clinics"


def essay(words: int) -> str:
    """So many different words, in paragraphs."""
    said = [f"word{n}" for n in range(words)]
    parts = [" ".join(said[at : at + 60]) for at in range(0, words, 60)]
    return "\n\n".join(parts)


async def test_a_request_becomes_a_whole_piece(house: House, door: str) -> None:
    ana = await house.member(door)
    text = essay(150)
    house.claude.script(Reply(text, pace_s=0.01))
    await ana.writes(ASK)
    first = await ana.sees("Working on it")
    assert first.buttons == ["Stop"]
    done = await ana.sees("word0", "word149", buttons=("1", "5"))
    assert done.ref == first.ref
    assert plain(text) in plain(done.text)
    await house.rests()
    assert (await house.run()).status == "completed"
