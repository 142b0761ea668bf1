"""What people and workspaces are called: cleaned of all that could deceive or break."""

import re
import unicodedata

from agent.errors import BadInput

LONGEST = 80
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
"""Source: RFC 5321 4.1.2 (Mailbox), without quoted local parts and address literals."""
LONGEST_ADDRESS = 254
_ACTIVE = re.compile(r"[\\`*_\[\]()#~|!]")
"""What acts in Markdown. Angle brackets are each door's own to make harmless."""


def clean(name: str) -> str:
    """A name in one line, without what cannot be seen; at most 80 characters."""
    # Categories C*: controls, and marks that turn the writing direction around.
    seen = "".join(
        " " if c.isspace() else c for c in name if c.isspace() or _is_seen(c)
    )
    return " ".join(unicodedata.normalize("NFC", seen).split())[:LONGEST].strip()


def shown(name: str) -> str:
    """A name for a line of ours: Markdown shows what is in it, and does not act."""
    return _ACTIVE.sub(r"\\\g<0>", clean(name))


def named(name: str) -> str:
    """A name as ``clean`` leaves it.

    Raises:
        BadInput: Nothing is left of it.
    """
    kept = clean(name)
    if not kept:
        raise BadInput("A name needs letters.", hint="For example: Yaz Agency.")
    return kept


def address(typed: str) -> str:
    """An e-mail address in its normal form: lower case, nothing around it.

    Raises:
        BadInput: It is none that mail could be sent to.
    """
    plain = typed.strip().removeprefix("mailto:").casefold()
    if len(plain) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(plain):
        raise BadInput(
            "That is no e-mail address I can write to.",
            hint="It looks like ana@acme.com.",
            field="address",
        )
    return plain


def _is_seen(character: str) -> bool:
    return not unicodedata.category(character).startswith("C")
