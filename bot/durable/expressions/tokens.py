"""The words and signs of an expression, and the values its literals stand for."""

import re
from dataclasses import dataclass
from math import isfinite

from bot.durable.errors import Unsupported
from bot.durable.expressions.values import INT64

LONGEST = 2_000
"""Characters of an expression."""
TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]])
      | (?P<end>\Z)
      | (?P<bad>\w+|.)
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"`?])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})"
    r"|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))",
    re.DOTALL,
)
PLAIN = dict(zip("abfnrtv\\'\"`?", "\a\b\f\n\r\t\v\\'\"`?", strict=True))
SURROGATES = range(0xD800, 0xE000)
CODE_POINTS = 0x110000


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign, and where it begins."""

    kind: str
    text: str
    at: int

    @property
    def is_sign(self) -> bool:
        """Tell whether it is an operator or a bracket."""
        return self.kind == "sign"

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def split(text: str) -> list[Token]:
    """Return the words and signs of an expression; the last one is its end.

    Raises:
        Unsupported: A character or a literal that expressions do not have.
    """
    if len(text) > LONGEST:
        raise refused(text, f"an expression of over {LONGEST} characters", 0)
    tokens = []
    for found in TOKEN.finditer(text):
        kind = str(found.lastgroup)
        token = Token(kind, found[kind], found.start(kind))
        if kind == "bad":
            raise refused(text, str(token), token.at)
        tokens.append(Token("sign", "in", token.at) if token.text == "in" else token)
        if kind == "end":
            break
    return tokens


def literal(text: str, token: Token) -> str | int | float:
    """Return the value of a text or a number that stands in ``text``.

    Raises:
        Unsupported: A number beyond 64 bits, or an escape there is not.
    """
    if token.kind == "text":
        return ESCAPE.sub(
            lambda found: _unescaped(text, token, found), token.text[1:-1]
        )
    if token.text.isdigit():
        if len(token.text) > len(str(INT64.stop)) or int(token.text) not in INT64:
            raise refused(text, f"number {token}", token.at)
        return int(token.text)
    if not isfinite(float(token.text)):
        raise refused(text, f"number {token}", token.at)
    return float(token.text)


def refused(text: str, what: str, at: int) -> Unsupported:
    """Return the refusal of what stands at character ``at`` of an expression."""
    shown = text if len(text) <= LONGEST else f"{text[:50]}..."
    said = f"Expression {shown!r}: {what} is not supported (character {at + 1})."
    return Unsupported(said, hint="See docs/decisions/0009-expressions-and-cron.md.")


def _unescaped(text: str, token: Token, found: "re.Match[str]") -> str:
    sign, *codes, octal, other = found.groups()
    if sign:
        return PLAIN[sign]
    if octal:
        return chr(int(octal, 8))
    code = next((int(one, 16) for one in codes if one), CODE_POINTS)
    if other or code >= CODE_POINTS or code in SURROGATES:
        raise refused(text, f"escape {found[0]!r}", token.at + 1 + found.start())
    return chr(code)
