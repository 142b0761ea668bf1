"""Markdown -> HTML, which a door then holds to the tags it may show. Pure."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from channels.markdown import is_too_deep, legible, reader, with_info
from channels.tables import canonical, without_tables

_TICKED = re.compile(r"\[([ xX])\] ")
_BARE = ("link_open", "link_close")
_BOXES = {" ": "\u2610 ", "x": "\u2611 "}


def html(markdown: str) -> str:
    """The text as HTML: its own HTML shown as text, images as links to them.

    A link to an image leaks no reader's address to a stranger's server. What lies too
    deep to be laid out is shown as it was written.
    """
    text = with_info(legible(markdown))
    tokens = _parser.parse(without_tables(text, canonical))
    if is_too_deep(tokens):
        return f"<pre>{escape(text, quote=False)}</pre>\n"
    return str(_parser.renderer.render(tokens, _parser.options, {}))


def _image_as_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    image = tokens[index]
    source = str(image.attrs.get("src", ""))
    link = Token("link_open", "a", 1, attrs={"href": source})
    words = Token("text", "", 0, content=image.content or source)
    shown = [link, words, Token("link_close", "a", -1)]
    return renderer.renderInline(shown, options, env)


def _align_cells(state: StateCore) -> None:
    # Pages that forbid style attributes, and Telegram, know ``align``.
    for token in state.tokens:
        style = str(token.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            token.attrs["align"] = style.removeprefix("text-align:")


def _tick_boxes(state: StateCore) -> None:
    """Show ``[ ]`` and ``[x]`` at the start of an item as boxes."""
    for item, block, line in zip(*(state.tokens[n:] for n in range(3)), strict=False):
        children = line.children or []
        if item.type != "list_item_open" or block.type != "paragraph_open":
            continue
        if children and (box := _TICKED.match(children[0].content)):
            rest = children[0].content[box.end() :]
            children[0].content = _BOXES[box[1].lower()] + rest


def _name_bare_links(state: StateCore) -> None:
    """Give a link without a label its address for one: nobody could see it."""
    for token in state.tokens:
        children = token.children or []
        for at in range(len(children) - 1, 0, -1):
            if (children[at - 1].type, children[at].type) == _BARE:
                address = str(children[at - 1].attrs.get("href", ""))
                children.insert(at, Token("text", "", 0, content=address))


def _made() -> MarkdownIt:
    made = reader().enable("linkify")
    made.options.update({"linkify": True, "breaks": True})
    if made.linkify is not None:
        # RULES.md is a file here, and no page in Moldova.
        made.linkify.set({"fuzzy_link": False})
    for name, rule in (
        ("align_cells", _align_cells),
        ("tick_boxes", _tick_boxes),
        ("name_bare_links", _name_bare_links),
    ):
        made.core.ruler.push(name, rule)
    made.add_render_rule("image", _image_as_link)
    return made


_parser = _made()
