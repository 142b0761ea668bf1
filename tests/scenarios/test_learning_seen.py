"""What ratings taught, as people ask for it in a chat."""

from tests.fakes.plots import Sketches
from tests.scenarios.house import House
from tests.scenarios.people import Person

ASK = "write homepage copy for Acme, a payroll tool for clinics"
PICTURE = """
    SELECT payload FROM deliveries WHERE payload ->> 'text' LIKE '%Website copy%'
       OR payload ->> 'text' LIKE '%Copywriting%' ORDER BY id DESC LIMIT 1
"""


async def _rated(person: Person) -> None:
    await person.writes(ASK)
    piece = await person.sees("You asked for", buttons=("1", "5"))
    await person.presses("2", piece)
    await person.sees_change(piece, "What was off")
    await person.writes("Too formal for nurses")


async def test_how_good_and_what_is_wrong_in_plain_words(
    house: House, door: str
) -> None:
    services = house.made.core.services
    services.plots = Sketches()
    ana = await house.member(door)
    await _rated(ana)
    await house.rests()
    await ana.writes("how good is copywriting?")
    seen = await ana.sees("1 score by one person (2), too few to say how good it is")
    assert seen.has("Too formal for nurses")
    payload = await house.asks(PICTURE)
    [file] = payload["files"]
    assert "1 score by one person (2)" in file["alt"]
    await ana.writes("what are people unhappy with?")
    await ana.sees("the weightiest first", "Too formal for nurses", "one piece")
    await ana.writes("what did we learn this week?")
    await ana.sees("Nothing new in the last seven days", "1 score came in")
    await ana.writes("how good is juggling?")
    await ana.sees("I know no skill called")


async def test_what_was_said_in_private_is_not_quoted_in_a_group(
    house: House,
) -> None:
    services = house.made.core.services
    services.plots = Sketches()
    ana = await house.member("telegram")
    await _rated(ana)
    await house.rests()
    here = house.person("telegram", int(ana.identity[1]), house.group("telegram"))
    for asked, told in (
        ("unhappy", ("nobody complained of a piece that everybody here may read",)),
        ("skill rules copywriting", ("Rules of Copywriting",)),
        ("quality copywriting", ("1 score by one person (2)",)),
    ):
        await here.commands(asked)
        await here.sees(*told)
    await house.rests()
    assert not any(seen.has("formal") for seen in here.chat())
    payload = await house.asks(PICTURE)
    assert payload["files"][0]["alt"]
    assert "formal" not in str(payload)
    await ana.commands("unhappy")
    await ana.sees("the weightiest first", "Too formal for nurses")


async def test_the_digest_is_switched_off_and_on(house: House, door: str) -> None:
    ana = await house.member(door)
    await ana.writes("no weekly digest")
    said = await ana.sees("No digest any more", buttons=("Send it again",))
    await ana.presses("Send it again", said)
    await ana.sees("You get a digest on Mondays")
