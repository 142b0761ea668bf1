"""Declare what can be asked once; every surface is a projection of the declaration.

``@operation`` returns a value, an ``Operation``. It registers nothing: importing a
module has no effect, and ``agent.registry`` lists by hand what exists.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar, get_type_hints

from pydantic import BaseModel

from agent.ctx import Ctx, Role

P = TypeVar("P", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)

Run = Callable[[Ctx, P], Awaitable[R]]


class Effect(StrEnum):
    """What a call leaves behind; it decides approval, budget and audit."""

    READ = "read"
    WRITE = "write"
    SPEND = "spend"
    SEND = "send"
    PUBLISH = "publish"
    DESTROY = "destroy"


class Surface(StrEnum):
    """A door through which an operation may be asked for."""

    CHAT = "chat"
    """Typed, as its command."""
    BUTTON = "button"
    """Pressed, under a message that carries its parameters."""
    TOOL = "tool"
    REST = "rest"
    MCP = "mcp"


@dataclass(frozen=True, slots=True)
class Command:
    """How an operation is written in chat: ``/client new Acme``."""

    words: str
    """``client new``: the command, then fixed words."""
    takes: tuple[str, ...] = ()
    """Parameters filled from the words that follow; the last one takes the rest."""
    in_menu: bool = False
    """Shown in the messenger's own command menu."""
    also: tuple[str, ...] = ()
    """Other words for the same, which /help does not list: ``client show``."""
    says: tuple[str, ...] = ()
    """What people write instead: patterns of a whole message, groups are parameters.

    ``no pings (?P<start>\\d+)-(?P<end>\\d+)``; case and blanks do not matter.
    """


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, R]):
    """An operation's whole public face."""

    name: str
    summary: str
    params: type[P]
    result: type[R]
    run: Run[P, R]
    effect: Effect
    role: Role
    on: frozenset[Surface]
    command: Command | None = None
    example: Mapping[str, object] = field(default_factory=dict)
    """Parameters of a typical call, for the API's reference and the model."""
    reads_outside: bool = False
    """Its result carries text that nobody of the team wrote: a page, a file, a mail."""
    personal: bool = False
    """Its result is for the one who asks: in a group, nobody else is shown it."""
    tells_settings: bool = False
    """It tells what the caller chose, which is no secret: in a group it does, too."""


def operation(  # noqa: PLR0913 - a declaration
    name: str,
    *,
    effect: Effect,
    role: Role,
    on: set[Surface],
    command: Command | None = None,
    example: Mapping[str, object] | None = None,
    reads_outside: bool = False,
    personal: bool = False,
    tells_settings: bool = False,
) -> Callable[[Run[P, R]], Operation[P, R]]:
    """Turn ``async def f(ctx, p: Params) -> Result`` into an ``Operation``.

    Args:
        name: Stable ``room.verb``; it outlives the function's own name.
        effect: What the call leaves behind.
        role: The lowest role that may call.
        on: The surfaces that show it. There is no default: exposure is a choice.
        command: How it is typed; needed exactly when ``on`` has CHAT.
        example: Parameters of a typical call.
        reads_outside: Whether its result carries a stranger's text.
        personal: Whether its result is for nobody but the one who asks.
        tells_settings: Whether it tells what the caller chose for themselves, though
            others read along.

    Raises:
        TypeError: The function is not ``(ctx, p: Params) -> Result`` with a docstring,
            or a command stands without CHAT.
    """

    def declare(run: Run[P, R]) -> Operation[P, R]:
        hints = get_type_hints(run)
        doc = inspect.getdoc(run)
        if not doc:
            raise TypeError(f"operation {name!r} needs a docstring")
        if not {"p", "return"} <= hints.keys():
            raise TypeError(f"operation {name!r} needs p and its result annotated")
        if (Surface.CHAT in on) != (command is not None):
            raise TypeError(f"operation {name!r}: CHAT and a command go together")
        return Operation(
            name=name,
            summary=doc,
            params=hints["p"],
            result=hints["return"],
            run=run,
            effect=effect,
            role=role,
            on=frozenset(on),
            command=command,
            example=example or {},
            reads_outside=reads_outside,
            personal=personal,
            tells_settings=tells_settings,
        )

    return declare
