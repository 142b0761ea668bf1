"""A reader of the few GraphQL queries that SDK suites ask; no more of the language.

One operation with variables, fields, arguments and selections. Fragments, directives
and aliases are refused by name. Source: the GraphQL specification, October 2021.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

MAX_QUERY = 8000
MAX_DEPTH = 12
TOKEN = re.compile(
    r"""(?:[\s,]|\#[^\n\r]*)*(?:
    (?P<sign>\.\.\.|[!$():=@\[\]{}|&]) | (?P<name>[_A-Za-z]\w*)
    | (?P<number>-?\d+) | (?P<text>"(?:[^"\\\n]|\\.)*") | (?P<end>$))""",
    re.VERBOSE | re.ASCII,
)


class Unreadable(Exception):
    """A query that is not answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that is asked for."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple["Field", ...] = ()

    def choose(self, given: Any) -> Any:
        """Return of ``given`` what is asked for.

        Raises:
            Unreadable: A field that it does not have.
        """
        if given is None or not self.fields:
            return given
        if isinstance(given, list):
            return [self.choose(one) for one in given]
        for one in self.fields:
            if not isinstance(given, dict) or one.name not in given:
                raise Unreadable(f"There is no field {one.name!r} in {self.name!r}.")
        return {one.name: one.choose(given[one.name]) for one in self.fields}


def read(query: str, variables: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields that a query asks for, its variables filled in.

    Raises:
        Unreadable: It is no such query.
    """
    if len(query) > MAX_QUERY:
        raise Unreadable(f"The query is longer than {MAX_QUERY} signs.")
    return _Reader(query, variables).document()


class _Reader:
    def __init__(self, query: str, variables: Mapping[str, Any]) -> None:
        self._query = query
        self._variables = variables
        self._at = 0
        self._kind = self._sign = ""
        self._next()

    def document(self) -> tuple[Field, ...]:
        if self._kind == "name":
            self._take("query")
            if self._kind == "name":
                self._next()
            self._skip_definitions()
        made = self._selection(1)
        if self._kind != "end":
            self._refuse()
        return made

    def _skip_definitions(self) -> None:
        if self._sign == "(":
            while self._sign != ")":
                self._next()
            self._next()

    def _selection(self, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            raise Unreadable("The query is nested too deep.")
        self._take("{")
        made = []
        while self._sign != "}":
            made.append(self._field(depth))
        self._next()
        return tuple(made)

    def _field(self, depth: int) -> Field:
        name = self._name()
        arguments = self._pairs("(", ")") if self._sign == "(" else {}
        fields = self._selection(depth + 1) if self._sign == "{" else ()
        return Field(name, arguments, fields)

    def _pairs(self, opening: str, closing: str) -> dict[str, Any]:
        self._take(opening)
        made = {}
        while self._sign != closing:
            name = self._name()
            self._take(":")
            made[name] = self._value()
        self._next()
        return made

    def _value(self) -> Any:
        if self._sign == "{":
            return self._pairs("{", "}")
        if self._sign == "$":
            self._next()
            return self._variables.get(self._name())
        if self._kind not in ("number", "text"):
            self._refuse()
        value = json.loads(self._sign)
        self._next()
        return value

    def _name(self) -> str:
        if self._kind != "name":
            self._refuse()
        name = self._sign
        self._next()
        return name

    def _take(self, token: str) -> None:
        if self._sign != token:
            self._refuse()
        self._next()

    def _next(self) -> None:
        found = TOKEN.match(self._query, self._at)
        if found is None or self._kind == "end":
            raise Unreadable(f"The query cannot be read from sign {self._at} on.")
        self._at, self._kind = found.end(), str(found.lastgroup)
        self._sign = found[self._kind]

    def _refuse(self) -> NoReturn:
        what = self._sign or "its end"
        raise Unreadable(f"{what!r} at sign {self._at} of the query is not understood.")
