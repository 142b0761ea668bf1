"""A piece as a web page of its own: safe, readable, printable, in light and dark."""

import html

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from agent.export.reading import DEEPEST, SCHEMES, leads, legible, reader

_BLOCKS = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "blockquote", "td", "th"}
_TAGS = {
    *_BLOCKS,
    *("hr", "pre", "ol", "ul", "table", "thead", "tbody", "tr"),
    *("a", "br", "code", "em", "s", "strong", "div"),
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes={
        "a": {"href", "title"},
        "ol": {"start"},
        "div": {"class"},
        "pre": {"dir"},
        **{tag: {"dir", "style"} for tag in ("th", "td")},
        **{tag: {"dir"} for tag in _BLOCKS - {"th", "td"}},
    },
    filter_style_properties={"text-align"},
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel="noopener noreferrer",
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --soft: #5b656d; --rule: #d9dee2;
  --shade: #f4f6f7; --link: #0b5cad; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9eb; --soft: #a3adb5; --rule: #3a434a; --shade: #1f262b;
    --link: #7db8f0; --paper: #14191d; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "Noto Sans Devanagari", "Noto Naskh Arabic", sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 0.6em; text-wrap: balance; }
h1 { font-size: 1.9rem; margin-top: 0; }
h2 { font-size: 1.35rem; padding-bottom: 0.25em; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.1rem; }
p, ul, ol, blockquote, pre, .table { margin: 0 0 1em; }
li + li { margin-top: 0.3em; }
a { color: var(--link); overflow-wrap: anywhere; }
blockquote { margin-inline: 0; padding-inline-start: 1em; color: var(--soft);
  border-inline-start: 3px solid var(--rule); }
code { font: 0.9em/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, monospace;
  background: var(--shade); padding: 0.1em 0.3em; border-radius: 4px; }
pre { background: var(--shade); padding: 1em; border-radius: 8px; overflow-x: auto; }
pre code { padding: 0; background: none; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.95em; }
th, td { padding: 0.5em 0.7em; border: 1px solid var(--rule); text-align: start;
  vertical-align: top; }
th { background: var(--shade); }
hr { border: 0; border-top: 1px solid var(--rule); margin: 2em 0; }
@media print {
  :root { --ink: #000; --soft: #333; --rule: #999; --shade: #f2f2f2; --link: #000;
    --paper: #fff; }
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  h1, h2, h3, h4 { break-after: avoid; }
  pre, blockquote, tr { break-inside: avoid; }
  pre { white-space: pre-wrap; }
  @page { margin: 2cm; }
}
"""


def render(markdown: str, title: str) -> str:
    """The piece as an HTML document that loads nothing and does nothing."""
    named = html.escape(" ".join(legible(title).split()))
    return (
        '<!doctype html>\n<html dir="auto">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{named}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{body(markdown)}</main>\n</body>\n</html>\n"
    )


def body(markdown: str) -> str:
    """The piece as markup that cannot act, each block in its script's direction."""
    text, made = legible(markdown), reader()
    made.add_render_rule("image", _image)
    tokens, env = made.parse(text), {}  # type: tuple[list[Token], EnvType]
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return f"<pre>{html.escape(text)}</pre>\n"
    for token in tokens:
        if token.tag in _BLOCKS | {"pre"} and token.nesting >= 0:
            token.attrSet("dir", "auto")
    rendered = str(made.renderer.render(tokens, made.options, env))
    framed = rendered.replace("<table>", '<div class="table"><table>')
    return _cleaner.clean(framed.replace("</table>", "</table></div>"))


def _image(
    _: RendererHTML, tokens: list[Token], at: int, __: OptionsDict, ___: EnvType
) -> str:
    """A picture as a link to it: a page of ours loads nothing."""
    address = str(tokens[at].attrs.get("src", ""))
    label = html.escape(tokens[at].content or address)
    if not leads(address):
        return label
    return f'<a href="{html.escape(address)}">{label}</a>'
