import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.export import page, reading, sheet


class Outline(HTMLParser):
    """The tags and attributes of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.facts: list[tuple[str, str]] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.facts += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.said += data


def outline(markdown: str) -> Outline:
    seen = Outline()
    seen.feed(page.body(markdown))
    return seen


HOSTILE = (
    "<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://a.b/c.png) "
    "[y](//evil.example) <https://ok.example>\n\n```html\n</pre><script>a</script>\n```"
)


def test_nothing_in_a_page_can_act_or_load() -> None:
    seen = outline(HOSTILE)
    assert set(seen.tags) == {"p", "a", "pre", "code"}
    assert [value for name, value in seen.facts if name == "href"] == [
        "https://a.b/c.png",
        "https://ok.example",
    ]
    assert "</pre><script>a</script>" in seen.said


def test_a_page_stands_alone_and_says_what_it_is() -> None:
    whole = page.render("# A\n\nB", 'Tea "&" <b>')
    assert whole.startswith("<!doctype html>")
    assert "<title>Tea &quot;&amp;&quot; &lt;b&gt;</title>" in whole
    assert "default-src 'none'" in whole
    assert "prefers-color-scheme: dark" in whole
    assert "@media print" in whole
    assert not re.search(r"(src|href)=", whole)


def test_lines_stay_lines_and_each_block_has_its_own_direction() -> None:
    made = page.body("**A:** 1\n**B:** 2\n\nאבג")
    assert '<p dir="auto"><strong>A:</strong> 1<br>' in made
    assert '<p dir="auto">אבג</p>' in made


@given(st.text("ab<>&\"'#|*`[]()!:/\\\n-= ", max_size=120))
@settings(max_examples=50)
def test_no_word_of_a_piece_is_lost_in_a_page(text: str) -> None:
    seen = outline(text)
    assert not set(seen.tags) & {"script", "img", "iframe", "style"}
    said = seen.said + "".join(value for _, value in seen.facts)
    assert said.count("a") >= text.count("a")


def test_the_first_table_is_read_without_its_marks() -> None:
    text = "Words\n\n| A | **B** |\n|---|---|\n| 1 \\| 2 | `x` |\n\n| C |\n|---|\n| 3 |"
    assert reading.first_table(text) == (("A", "B"), ("1 | 2", "x"))
    assert reading.first_table("a | b") == ()


def test_a_sheet_says_its_bytes_and_runs_no_formula() -> None:
    rows: list[list[sheet.Cell]] = [
        ["=1+1", "+x", "-5 %", "@a", "\tb"],
        ['q"u', "नमस्ते", "a\nb", -5, ""],
    ]
    assert sheet.render(rows) == (
        '\ufeff\'=1+1,\'+x,\'-5 %,\'@a,\'\tb\r\n"q""u",नमस्ते,"a\nb",-5,\r\n'
    )
