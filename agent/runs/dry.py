"""A skill tried on a brief outside any workspace: nothing is kept, nobody is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.catalog import manual, plays
from agent.catalog.skillfile import SkillFile
from agent.llm import loop
from agent.llm.port import Completion, Model, Turn, Usage
from agent.llm.prompt import Task, build
from agent.llm.tally import added
from agent.runs import briefs, reading, results, staging


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    text: str
    """The piece as people would read it, Markdown."""
    provider: str
    model: str
    usage: Usage


async def run(
    model: Model, file: SkillFile, brief: str, others: Mapping[str, SkillFile]
) -> Tried:
    """Have ``model`` work on ``brief``, through every stage.

    ``others``: the skills by name whose methods its stages may follow.

    Raises:
        ModelFailed, ModelRejected: See ``agent.llm.port``.
    """
    offers = (reading.READ,) if manual.to_read(file) else ()
    task = Task(
        brief,
        tools=offers,
        may_use_tools=bool(offers),
        may_ask=False,
        form=file.result.schema if file.result else None,
        play=plays.play(file, brief, {}),
    )
    desk = _Desk(model, file)
    task = briefs.by_file(task, file)
    for stage in file.stages:
        asked = Turn("user", staging.asked(file, stage, others.get(stage.skill)))
        if stage is file.stages[-1]:
            task = replace(task, worked=(*task.worked, asked))
            break
        play = task.play and replace(task.play, stage=stage.title)
        notes = await desk.say(
            replace(task, worked=(*task.worked, asked), form=None, play=play)
        )
        head = Turn("user", staging.head(file, stage))
        told = Turn("assistant", notes.text)
        task = replace(task, worked=(*task.worked, head, told))
    said = await desk.say(task)
    text = said.text
    if file.result is not None:
        text = results.read(file.result.schema, said).text
    return Tried(text, said.provider, said.model, desk.usage)


class _Desk:
    """Asks, and lets read what is asked for."""

    def __init__(self, model: Model, file: SkillFile) -> None:
        self._model, self._file = model, file
        self.usage = Usage()

    async def say(self, task: Task) -> Completion:
        rounds: list[reading.Round] = []
        while True:
            read = reading.turns(self._file, rounds)
            asked = replace(
                task,
                exchange=tuple(read),
                may_use_tools=task.may_use_tools and len(rounds) < reading.MOST,
            )
            said = await loop.collect(self._model, build(asked), _unseen)
            self.usage = added(self.usage, said.usage)
            one = reading.asked(said, may_ask=False)
            if one is None:
                return said
            rounds.append(one)


async def _unseen(text: str) -> None:
    """Nobody watches it grow."""
