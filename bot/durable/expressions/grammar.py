"""The grammar of expressions, read by descent into closures.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.durable.errors import Unsupported
from bot.durable.expressions import closures, values
from bot.durable.expressions.closures import Join, Path, Run
from bot.durable.expressions.tokens import Token, literal, refused, split

FIELDS = frozenset({"id", "name", "data", "user", "ts"})
CONSTANTS = {"true": True, "false": False, "null": None}
LEVELS: tuple[dict[str, values.Binary], ...] = (
    {
        "==": values.equal,
        "!=": values.unequal,
        "<": values.less,
        "<=": values.at_most,
        ">": values.more,
        ">=": values.at_least,
        "in": values.within,
    },
    {"+": values.add, "-": values.subtract},
    {"*": values.multiply, "/": values.divide, "%": values.remainder},
)
PREFIXES: dict[str, Callable[[Any], Any]] = {
    "!": values.opposite,
    "-": values.negative,
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "size": values.size,
    "string": values.text,
    "int": values.integer,
    "double": values.double,
    "lowercase": values.lower,
    "uppercase": values.upper,
}
METHODS: dict[str, Callable[[Any], Any]] = {
    "size": values.size,
    "lowerAscii": values.lower_ascii,
    "upperAscii": values.upper_ascii,
}
COMPARING_METHODS: dict[str, values.Binary] = {
    "contains": values.contains,
    "startsWith": values.starts_with,
    "endsWith": values.ends_with,
}
KNOWN = {*FUNCTIONS, *METHODS, *COMPARING_METHODS, "has"}
DEEPEST = 50
"""How far an expression may nest, so that neither reading nor running it overflows."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: what it comes to, and what is known of it."""

    run: Run
    depth: int = 1
    path: Path = ()
    join: Join | None = None


def parse(text: str, names: Sequence[str]) -> Node:
    """Return the whole of an expression over these names.

    Raises:
        Unsupported: What of it the subset does not have, and where it stands.
    """
    return _Parser(text, names).whole()


class _Parser:
    def __init__(self, text: str, names: Sequence[str]) -> None:
        self._tokens = split(text)
        self._place = 0
        self._open = 0
        self._text = text
        self._names = names

    def whole(self) -> Node:
        node = self._choice()
        if self._next.kind != "end":
            raise self._refuse(self._next)
        return node

    def _choice(self) -> Node:
        self._open += 1
        if self._open > DEEPEST:
            raise self._too_deep()
        node = self._either()
        if self._took("?"):
            then = self._choice()
            self._expect(":")
            node = self._chosen(node, then, self._choice())
        self._open -= 1
        return node

    def _chosen(self, node: Node, then: Node, other: Node) -> Node:
        run = closures.chosen(node.run, then.run, other.run)
        return self._made(run, (node, then, other))

    def _either(self) -> Node:
        nodes = [self._every()]
        while self._took("||"):
            nodes.append(self._every())
        return (
            nodes[0]
            if len(nodes) == 1
            else self._made(closures.either([node.run for node in nodes]), nodes)
        )

    def _every(self) -> Node:
        nodes = [self._binary(0)]
        while self._took("&&"):
            nodes.append(self._binary(0))
        if len(nodes) == 1:
            return nodes[0]
        join = next((node.join for node in nodes if node.join), None)
        return self._made(closures.every([node.run for node in nodes]), nodes, join)

    def _binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while self._sees(LEVELS[level]):
            sign = self._take().text
            other = self._binary(level + 1)
            join = closures.joined(node.path, other.path) if sign == "==" else None
            run = closures.applied(LEVELS[level][sign], node.run, other.run)
            node = self._made(run, (node, other), join)
        return node

    def _unary(self) -> Node:
        signs = []
        while self._sees(PREFIXES):
            signs.append(self._take().text)
        node = self._postfix()
        for sign in reversed(signs):
            node = self._made(closures.called(PREFIXES[sign], node.run), (node,))
        return node

    def _postfix(self) -> Node:
        node = self._primary()
        while self._sees((".", "[")):
            if self._take().text == "[":
                node = self._indexed(node)
            else:
                name = self._expect_name()
                called = self._sees(("(",))
                node = self._method(node, name) if called else self._member(node, name)
        return node

    def _indexed(self, node: Node) -> Node:
        token = self._take()
        if token.kind not in ("text", "number") or not node.path:
            raise self._refuse(token, "an index other than a text or number in a path")
        part = literal(self._text, token)
        if isinstance(part, float):
            raise self._refuse(token, f"index {token}")
        self._expect("]")
        return self._path(token, (*node.path, part))

    def _member(self, node: Node, name: Token) -> Node:
        if not node.path:
            raise self._refuse(name, f"member {name.text!r} of what is no path")
        return self._path(name, (*node.path, name.text))

    def _method(self, node: Node, name: Token) -> Node:
        given = self._arguments(name)
        if name.text in METHODS and not given:
            return self._made(closures.called(METHODS[name.text], node.run), (node,))
        if name.text in COMPARING_METHODS and len(given) == 1:
            method = COMPARING_METHODS[name.text]
            run = closures.applied(method, node.run, given[0].run)
            return self._made(run, (node, *given))
        raise self._refuse_call(name, len(given))

    def _primary(self) -> Node:
        token = self._take()
        if token.kind in ("text", "number"):
            return Node(closures.constant(literal(self._text, token)))
        if token.kind == "name":
            return self._named(token)
        if token.is_sign and token.text == "(":
            node = self._choice()
            self._expect(")")
            return node
        if token.is_sign and token.text == "[":
            return self._list(self._until("]"))
        raise self._refuse(token)

    def _named(self, token: Token) -> Node:
        if token.text in CONSTANTS:
            return Node(closures.constant(CONSTANTS[token.text]))
        if self._sees(("(",)):
            return self._call(token)
        if token.text not in self._names:
            raise self._refuse(token, f"name {token.text!r}")
        return self._path(token, (token.text,))

    def _call(self, name: Token) -> Node:
        given = self._arguments(name)
        if len(given) == 1 and name.text in FUNCTIONS:
            return self._made(
                closures.called(FUNCTIONS[name.text], given[0].run), given
            )
        if len(given) == 1 and name.text == "has" and len(given[0].path) > 1:
            return self._made(closures.present(given[0].run), given)
        raise self._refuse_call(name, len(given))

    def _arguments(self, name: Token) -> list[Node]:
        if name.text not in KNOWN:
            raise self._refuse(name, f"function {name.text!r}")
        self._expect("(")
        return self._until(")")

    def _until(self, end: str) -> list[Node]:
        nodes: list[Node] = []
        while not self._took(end):
            if nodes:
                self._expect(",")
            nodes.append(self._choice())
        return nodes

    def _list(self, nodes: list[Node]) -> Node:
        return self._made(closures.gathered([node.run for node in nodes]), nodes)

    def _path(self, token: Token, path: Path) -> Node:
        if len(path) > 1 and path[1] not in FIELDS:
            raise self._refuse(token, f"field {path[1]!r} of {path[0]}")
        return Node(closures.follow(path), path=path)

    def _made(self, run: Run, nodes: Sequence[Node], join: Join | None = None) -> Node:
        depth = 1 + max((node.depth for node in nodes), default=0)
        if depth > DEEPEST:
            raise self._too_deep()
        return Node(run, depth, join=join)

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += token.kind != "end"
        return token

    def _sees(self, signs: Collection[str]) -> bool:
        return self._next.is_sign and self._next.text in signs

    def _took(self, sign: str) -> bool:
        found = self._sees((sign,))
        self._place += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise self._refuse(self._next, f"{self._next} where {sign!r} should stand")

    def _expect_name(self) -> Token:
        token = self._take()
        if token.kind != "name":
            raise self._refuse(token)
        return token

    def _refuse(self, token: Token, what: str = "") -> Unsupported:
        return refused(self._text, what or f"{token} here", token.at)

    def _refuse_call(self, name: Token, count: int) -> Unsupported:
        many = "1 argument" if count == 1 else f"{count} arguments"
        return self._refuse(name, f"function {name.text!r} with {many} in this place")

    def _too_deep(self) -> Unsupported:
        return self._refuse(self._next, f"nesting deeper than {DEEPEST}")
