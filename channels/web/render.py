"""Markdown -> HTML that is safe to put into the page. Pure."""

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
BLOCKS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre"}
LISTS = {"li", "ol", "ul"}
TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
INLINE = {"a", "br", "code", "em", "s", "strong"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}


def to_html(markdown: str) -> str:
    """Render a model's markdown; whatever it holds, the result cannot act.

    Raw HTML is shown as text, an image becomes a link to it (so that no reader's
    address leaks to a stranger's server), and only absolute web, mail and phone links
    stay links.
    """
    return _sanitiser.clean(_markdown.render(markdown))


def _image_as_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    image = tokens[index]
    link = Token("link_open", "a", 1, attrs={"href": str(image.attrs.get("src", ""))})
    words = Token("text", "", 0, content=image.content or "image")
    shown = [link, words, Token("link_close", "a", -1)]
    return renderer.renderInline(shown, options, env)


def _align_cells(state: StateCore) -> None:
    # The page's policy forbids style attributes; ``align`` says the same.
    for token in state.tokens:
        style = str(token.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            token.attrs["align"] = style.removeprefix("text-align:")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("gfm-like", {"html": False, "breaks": True})
    parser.core.ruler.push("align_cells", _align_cells)
    parser.add_render_rule("image", _image_as_link)
    return parser


_markdown = _parser()
_sanitiser = nh3.Cleaner(
    tags=BLOCKS | LISTS | TABLES | INLINE,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    # A relative link would act on this very site, in the reader's name.
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
