"""Skills that people make in chat: three answers, a draft, and a try at once."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from agent.catalog import making, own
from agent.catalog.keeping import Kept
from agent.catalog.own import Sharpened, Wish
from agent.ctx import Ctx, Role
from agent.errors import BadInput
from agent.operation import Command, Effect, Surface, operation
from agent.ports import SkillRef
from agent.runs import requests
from agent.runs.schemas import StartRun
from agent.shapes import Frozen

SHOWN = {Surface.CHAT, Surface.BUTTON, Surface.REST}
SHARPENED = "sharpened"
"""Under which ``origin.routing`` has what a model made of the answers."""
Said = Annotated[str, StringConstraints(strip_whitespace=True)]


About = Annotated[Said, Field(max_length=600, description="What it is for")]
Delivers = Annotated[
    Said,
    Field(
        min_length=10,
        max_length=3000,
        description="What does it deliver? Add an example of a good one",
    ),
]
Knows = Annotated[
    Said,
    Field(
        min_length=1,
        max_length=600,
        description="What must it know each time? One a line; or: nothing",
    ),
]
Never = Annotated[
    Said,
    Field(
        min_length=1,
        max_length=1500,
        description="What must it never do, or always keep to? One rule a line",
    ),
]


class NewSkill(Frozen):
    """Parameters of ``runs.new_skill``."""

    name: Said = Field(
        min_length=2,
        max_length=640,
        description="Its name, such as linkedin-hook, and what it is for",
    )
    delivers: Delivers
    knows: Knows
    never: Never


class ChangedSkill(Frozen):
    """Parameters of ``runs.change_skill``."""

    name: Said = Field(min_length=2, max_length=41, description="The skill's name")
    delivers: Delivers = ""
    knows: Knows = ""
    never: Never = ""
    about: About = ""


class Drafted(Frozen):
    """A skill was drafted, and is being tried."""

    name: str = Field(description="Its name")
    title: str = Field(description="Its title")
    about: str = Field(description="What it is for")
    delivers: str = Field(description="What it delivers")
    asks: list[str] = Field(description="What it asks when the brief is thin")
    rules: list[str] = Field(description="What its work is checked against")
    calls: list[str] = Field(description="Phrases that will call it")
    brief: str = Field(description="What it is being tried on")
    number: int = Field(description="The number of that run")
    wish: dict[str, str] = Field(description="The answers, to be changed")


class Unsharpened(Exception):
    """A model is to look at the answers before the skill is drafted."""

    def __init__(self, wish: Wish) -> None:
        """Keep the answers."""
        super().__init__("a model must look at the answers first")
        self.wish = wish


@dataclass(frozen=True, slots=True)
class _One:
    """A shelf with one skill on it: the draft."""

    ref: SkillRef
    problems: tuple[object, ...] = ()

    def find(self, name: str) -> SkillRef | None:
        return self.ref if name == self.ref.name else None


@operation(
    "runs.new_skill",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=SHOWN,
    command=Command(
        "new skill",
        takes=("name",),
        also=("newskill", "skill new"),
        says=(
            r"(?:new|make a|create a) skill:? (?P<name>[a-z][a-z0-9-]{1,39})",
            r"new skill: ?(?P<name>[a-z][a-z0-9-]{1,39}\b.{0,600})",
        ),
    ),
    example={
        "name": "linkedin-hook",
        "delivers": "First lines of a LinkedIn post. Good: I lost 3 clients in a week.",
        "knows": "topic; who reads it",
        "never": "no hashtags; at most 20 words",
    },
)
async def new_skill(ctx: Ctx, p: NewSkill) -> Drafted:
    """Make a skill of your own: it is drafted from your answers and tried at once.

    Raises:
        NameTaken: A skill is called so; the hint has a name that is free.
        BadInput: It cannot be called so, or a gap in the words is filled by nothing.
    """
    first, _, about = p.name.partition(" ")
    name, about = first.rstrip(":,").casefold(), about.strip(" :,-")
    await making.ensure_new(ctx, name)
    return await _drafted(ctx, Wish(name, about, p.delivers, p.knows, p.never))


@operation(
    "runs.change_skill",
    effect=Effect.WRITE,
    role=Role.MEMBER,
    on=SHOWN,
    command=Command("skill change", takes=("name",)),
    example={
        "name": "linkedin-hook",
        "delivers": "First lines of a LinkedIn post. Good: I lost 3 clients in a week.",
        "knows": "topic; who reads it",
        "never": "no hashtags; at most 15 words",
    },
)
async def change_skill(ctx: Ctx, p: ChangedSkill) -> Drafted:
    """Change a skill made here: a new draft is tried, the old one stays until then.

    Raises:
        SkillNotThere: There is none of that name.
        BadInput: It was not made here, or a gap in the words is filled by nothing.
    """
    before = await making.wished(ctx, p.name)
    given = p.model_dump(exclude={"name"}, exclude_defaults=True)
    if not given:
        raise BadInput(
            "What should change?", hint=f"Press Change under /skill {before.name}."
        )
    return await _drafted(ctx, replace(before, **given))


async def _drafted(ctx: Ctx, wish: Wish) -> Drafted:
    own.ensure_filled(wish)
    sharp = _sharpened(ctx, wish)
    kept = await making.make(ctx, wish, sharp)
    brief = wish.about or f"One example of {wish.title.casefold()} for our brand"
    number = await _tried(ctx, kept, brief)
    return Drafted(
        name=wish.name,
        title=kept.file.title,
        about=wish.about,
        delivers=wish.delivers,
        asks=[step.question for step in kept.file.questions.steps],
        rules=[rule.statement for rule in kept.file.rules],
        calls=list(kept.file.triggers),
        brief=brief,
        number=number,
        wish={"name": wish.name, **making.answers(wish)},
    )


async def _tried(ctx: Ctx, kept: Kept, brief: str) -> int:
    """Start a run of the draft beside the answer to what was asked; its number."""
    ref = SkillRef(kept.skill_id, kept.version_id, kept.file.name, kept.file.title)
    origin = ctx.origin and replace(
        ctx.origin, key=f"{ctx.origin.key}:try", text=brief, files=(), routing={}
    )
    trying = replace(ctx, skills=_One(ref), origin=origin)
    started = await requests.start(trying, StartRun(skill=ref.name, brief=brief))
    return started.number


def _sharpened(ctx: Ctx, wish: Wish) -> Sharpened:
    """What a model made of the answers; nothing where nobody can ask one.

    Raises:
        Unsharpened: It is to be asked first, outside of this transaction.
    """
    if ctx.origin is None:
        return Sharpened()
    told: Any = ctx.origin.routing.get(SHARPENED)
    if told is None:
        raise Unsharpened(wish)
    return Sharpened(
        str(told.get("method", "")),
        str(told.get("template", "")),
        tuple(map(str, told.get("phrases", ()))),
    )


OPERATIONS = (new_skill, change_skill)
