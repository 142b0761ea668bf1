import re
from io import StringIO

from channels.contract import Button, Channel, OutFile, Outgoing
from channels.terminal.door import TerminalDoor
from channels.terminal.screen import PROMPT, Pipe, Screen, Tty

RATING = tuple(Button(str(n), f"d:{n}") for n in range(1, 6))
COLUMNS, ROWS = 41, 12


def says(
    markdown: str, *buttons: Button, partial: bool = False, file: OutFile | None = None
) -> Outgoing:
    return Outgoing(
        account="",
        chat="me",
        markdown=markdown,
        buttons=buttons,
        partial=partial,
        file=file,
    )


class Glass:
    """What a person sees: just enough of a terminal to obey what the screen writes."""

    def __init__(self) -> None:
        self.rows: list[str] = [""]
        self.at = 0

    def take(self, written: str) -> None:
        for code in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
            self._obey(code)

    def _obey(self, code: str) -> None:
        if code == "\n":
            self.at += 1
            self.rows[self.at : self.at] = [""] if self.at == len(self.rows) else []
        elif climb := re.fullmatch(r"\x1b\[(\d+)A", code):
            self.at -= int(climb[1])
            assert self.at >= 0
        elif code == "\x1b[J":
            self.rows[self.at :] = [""]
        elif code[0] not in "\x1b\r":
            self.rows[self.at] += code


def seen(out: StringIO) -> list[str]:
    glass = Glass()
    glass.take(out.getvalue())
    assert glass.rows.pop() == PROMPT
    return [row for row in glass.rows if row]


def at_a(screen: type[Tty] | type[Pipe]) -> tuple[TerminalDoor, Screen, StringIO]:
    out = StringIO()
    made: Screen = Pipe(out) if screen is Pipe else Tty(out, lambda: (COLUMNS, ROWS))
    return TerminalDoor(made, lambda file: f"saved/{file.name}"), made, out


async def test_a_reply_grows_in_place_on_a_terminal() -> None:
    door, _, out = at_a(Tty)
    key = await door.send(says("Thinking", partial=True))
    for words in ("Pay", "Pay day,", "Pay day,\nhandled"):
        await door.edit(says(words, partial=True), key)
    await door.edit(says("Pay day,\nhandled.", *RATING), key)
    assert seen(out) == ["Pay day,", "handled.", "[1]  [2]  [3]  [4]  [5]"]


async def test_text_that_only_grows_is_not_written_again() -> None:
    door, _, out = at_a(Tty)
    key = await door.send(says("one\ntwo", partial=True))
    before = len(out.getvalue())
    await door.edit(says("one\ntwo\nthree", partial=True), key)
    assert "one" not in out.getvalue()[before:]
    await door.edit(says("one\ntwo\nthree", partial=True), key)
    assert seen(out) == ["one", "two", "three"]


async def test_a_draft_longer_than_the_window_still_ends_right() -> None:
    door, _, out = at_a(Tty)
    key = await door.send(says("old", partial=True))
    lines = [f"line {n}" for n in range(30)]
    await door.edit(says("\n".join(lines), partial=True), key)
    lines[0], lines[-1] = "changed out of reach", "the end"
    await door.edit(says("\n".join(lines)), key)
    assert seen(out)[-3:] == ["line 27", "line 28", "the end"]
    assert len(seen(out)) == 30


async def test_below_a_typed_line_only_what_is_new_is_printed() -> None:
    door, screen, out = at_a(Tty)
    key = await door.send(says("Here it is.", *RATING))
    screen.typed()
    await door.edit(says("Here it is.\nThank you."), key)
    assert seen(out)[-1] == "Thank you."
    assert seen(out).count("Here it is.") == 1


async def test_a_pipe_gets_each_finished_message_once() -> None:
    door, _, out = at_a(Pipe)
    key = await door.send(says("Thinking", partial=True))
    await door.edit(says("Pay", partial=True), key)
    await door.edit(says("**Pay day**, handled."), key)
    await door.edit(says("**Pay day**, handled.\nThank you."), key)
    assert out.getvalue() == "Pay day, handled.\nThank you.\n"


async def test_a_file_is_saved_once_however_often_its_message_changes() -> None:
    saved: list[str] = []

    def save(file: OutFile) -> str:
        saved.append(file.name)
        return f"here/{file.name}"

    out = StringIO()
    door = TerminalDoor(Pipe(out), save)
    file = OutFile("a.md", "text/markdown", b"# A")
    key = await door.send(says("Done.", file=file))
    await door.edit(says("Done.", *RATING, file=file), key)
    assert saved == ["a.md"]
    assert "[file] here/a.md" in out.getvalue()


async def test_a_digit_rates_and_a_colon_presses_any_button() -> None:
    door, _, _ = at_a(Pipe)
    key = await door.send(says("A", *RATING, Button("Shorter", "d:9", row=1)))
    await door.send(says("no buttons here"))
    assert door.pressed("4") == ("d:4", key)
    marked = tuple(Button(f"\u2022 {n} \u2022", f"d:{n}") for n in range(1, 6))
    await door.edit(says("A", *marked, Button("Shorter", "d:9", row=1)), key)
    assert door.pressed("4") == ("d:4", key)
    assert door.pressed(":6") == ("d:9", key)
    for text in ("6", ":7", ":0", "44", "four", "", ":", "٣", "1 more thing"):
        assert door.pressed(text) is None


async def test_an_answer_begun_in_an_earlier_session_is_printed_whole() -> None:
    before, _, _ = at_a(Pipe)
    key = await before.send(says("Thinking", partial=True))
    door, _, out = at_a(Pipe)
    await door.send(says("Hello again."))
    await door.edit(says("Pay day, handled."), key)
    assert out.getvalue() == "Hello again.\nPay day, handled.\n"


async def test_a_press_is_acknowledged_in_words() -> None:
    made, _, out = at_a(Pipe)
    door: Channel = made
    await door.acknowledge(None, "Too late.\x1b[2J")  # type: ignore[arg-type]
    assert out.getvalue() == "Too late.[2J\n"
