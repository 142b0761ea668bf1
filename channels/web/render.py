"""Markdown -> HTML that is safe to put into the page. Pure."""

import nh3

from channels.html import html

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

    Raw HTML is shown as text, an image becomes a link to it, and only absolute web,
    mail and phone links stay links.
    """
    return _sanitiser.clean(html(markdown))


_sanitiser = nh3.Cleaner(
    tags=BLOCKS | LISTS | TABLES | INLINE,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    # A relative link would act on this very site, in the reader's name.
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
