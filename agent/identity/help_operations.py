"""Help: what commands there are, topic by topic."""

from enum import StrEnum

from pydantic import Field

from agent.ctx import Ctx, Role
from agent.identity import preferences
from agent.identity.preferences_operations import Mode
from agent.operation import Command, Effect, Surface, operation
from agent.shapes import Frozen


class Topic(StrEnum):
    """What commands are about, in the order in which help has them."""

    PIECES = "pieces"
    SKILLS = "skills"
    CLIENTS = "clients"
    LEARNING = "learning"
    TEAM = "team"
    MONEY = "money"
    KEYS = "keys"
    YOU = "you"


class AskHelp(Frozen):
    """Parameters of ``identity.help``."""

    topic: str = Field(
        default="", max_length=200, description="Such as clients; left out: all topics"
    )


class Help(Frozen):
    """What help is shown."""

    topic: Topic | None = Field(description="Whose commands; none: the topics")
    mode: Mode = Field(description="How much the menus show")


@operation(
    "identity.help",
    effect=Effect.READ,
    role=Role.VIEWER,
    on={Surface.CHAT, Surface.BUTTON},
    command=Command(
        "help",
        takes=("topic",),
        in_menu=True,
        says=("help", "(?:show |list )?(?:me )?(?:all |the |your )*commands"),
    ),
    example={"topic": "clients"},
    tells_settings=True,
)
async def show_help(ctx: Ctx, p: AskHelp) -> Help:
    """See what you can ask for, topic by topic."""
    chosen = await preferences.of(ctx.session, ctx.caller.user_id)
    return Help(topic=topic_called(p.topic), mode=chosen.mode)


def topic_called(said: str) -> Topic | None:
    """The topic of that name, in one number or the other; None: there is none."""
    name = said.strip().casefold().rstrip("s")
    return next((one for one in Topic if name and one.value.rstrip("s") == name), None)


OPERATIONS = (show_help,)
