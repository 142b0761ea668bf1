"""A skill as its folder holds it, read strictly and independent of any database.

Source: the Agent Skills format (agentskills.io/specification). ``name`` and
``description`` are the standard's; ours stand under ``metadata``, texts all of them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from agent.catalog import frontmatter, rehearsals, resultfile, rulefile, sidecars, steps
from agent.catalog.examples import Examples
from agent.catalog.examples import parse as parse_examples
from agent.catalog.folder import FileEntry, Folder, read_folder
from agent.catalog.problem import BrokenSkill, Problem
from agent.llm.port import Tier

_T = TypeVar("_T")
_NO_RULES: tuple[rulefile.Rule, ...] = ()
_NO_CASES: tuple[sidecars.Case, ...] = ()
_NO_RESULT: resultfile.ResultForm | None = None
_NO_STAGES: tuple[steps.Stage, ...] = ()
_TEMPLATE = re.compile(r"^## Deliver\n.*?^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_REFERENCE = re.compile(r"^references/[\w.-]+\.md$")


class SkillType(StrEnum):
    """How much machinery a skill needs."""

    SIMPLE = "simple"
    """Instructions alone."""
    WITH_RULES = "with_rules"
    """Its work is checked against RULES.md."""
    COMPLEX = "complex"
    """An interview first, and references read on demand."""


class Category(StrEnum):
    """The shelf it stands on."""

    CONTENT = "content"
    ANALYSIS = "analysis"
    OUTREACH = "outreach"
    OPTIMIZATION = "optimization"
    META = "meta"


@dataclass(frozen=True, slots=True)
class Handoff:
    """Words that sound like this skill but belong to ``to`` (or to ``assistant``)."""

    phrase: str
    to: str


@dataclass(frozen=True, slots=True)
class SkillFile:
    """One skill, as its folder says."""

    name: str
    title: str
    description: str
    type: SkillType
    category: Category
    tier: Tier
    version: str
    max_tokens: int
    """Output tokens of one answer."""
    max_cost_usd: Decimal
    """Budget of one run."""
    triggers: tuple[str, ...]
    """Phrases that call it."""
    hints: tuple[str, ...]
    """Words that suggest it; alone they make the router ask."""
    related: tuple[str, ...]
    handoffs: tuple[Handoff, ...]
    required_context: tuple[str, ...]
    """``client``, ``persona``: what must be chosen before it runs well."""
    approval: str
    """The lowest role that must say yes to its pieces; empty: nobody has to."""
    body: str
    """The instructions, without the front matter."""
    rules: tuple[rulefile.Rule, ...]
    questions: sidecars.Questions
    cases: tuple[sidecars.Case, ...]
    references: Mapping[str, str]
    """``references/<name>.md`` -> its text."""
    files: tuple[FileEntry, ...]
    """Every file of the folder, by path."""
    content_hash: bytes
    """SHA-256 over all paths and their hashes: equal folders, equal hash."""
    lines: Mapping[str, int]
    """The line of each front matter key in SKILL.md, for messages to its author."""

    label: str = ""
    """What it does in a word or two, for a button under another's piece."""
    examples: Examples = field(default_factory=Examples)
    stages: tuple[steps.Stage, ...] = ()
    """The durable stages of a complex skill; empty: it is written in one."""
    result: resultfile.ResultForm | None = None
    """The form of its result where that is data."""
    rehearsal: rehearsals.Script = field(default_factory=rehearsals.Script)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Every file of the folder, as it was read."""

    @property
    def template(self) -> str:
        """What it delivers: the fenced block below "Deliver"; empty without one."""
        found = _TEMPLATE.search(self.body)
        return found[1] if found else ""

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the answers to its questions."""
        return resultfile.input_schema(self.questions)


_MOST_READ = 500
_READ: dict[tuple[str, bytes], SkillFile] = {}
"""By name and content: of a library that changed in one place, one folder is read."""


def load(folder: Path) -> SkillFile:
    """The skill in ``folder``.

    Raises:
        BrokenSkill: It cannot be used; the error lists every problem found.
    """
    held, problems = read_folder(folder)
    key = (held.name, held.content_hash)
    if problems or key not in _READ:
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[key] = assemble(held, problems)
    return _READ[key]


def assemble(held: Folder, problems: Sequence[Problem] = ()) -> SkillFile:
    """The skill in the files ``held``, of which ``problems`` are known already.

    Raises:
        BrokenSkill: It cannot be used; the error lists every problem found.
    """
    found = list(problems)
    skill = _assemble(held, found) if "SKILL.md" in held.texts else None
    if skill is None or found:
        raise BrokenSkill(held.name, tuple(sorted(found)))
    return skill


def load_all(root: Path) -> tuple[tuple[SkillFile, ...], tuple[Problem, ...]]:
    """Every sound skill below ``root`` by name, and the problems of the others."""
    if not root.is_dir():
        mend = "Point DRAPER_SKILLS or --skills at the folder of skills."
        return (), (Problem(str(root), 0, "This is no folder.", mend),)
    skills: list[SkillFile] = []
    problems: list[Problem] = []
    for folder in sorted(root.iterdir()):
        if folder.name.startswith((".", "_")) or not (
            folder.is_dir() or folder.is_symlink()
        ):
            continue
        try:
            skills.append(load(folder))
        except BrokenSkill as broken:
            problems.extend(broken.problems)
    return tuple(skills), tuple(problems)


def _assemble(held: Folder, problems: list[Problem]) -> SkillFile | None:
    """The skill in the files ``held``; what is wrong is added to ``problems``."""
    head = frontmatter.read(held.texts["SKILL.md"], held.path("SKILL.md"), held.name)
    rules, rule_problems = _sidecar(held, "RULES.md", rulefile.parse, _NO_RULES)
    questions, question_problems = _sidecar(
        held, "questions.yaml", sidecars.questions, sidecars.Questions()
    )
    cases, case_problems = _sidecar(held, "cases.yaml", sidecars.cases, _NO_CASES)
    examples, example_problems = _sidecar(
        held, "examples.yaml", parse_examples, Examples()
    )
    stages, stage_problems = _sidecar(held, "steps.yaml", steps.parse, _NO_STAGES)
    result, result_problems = _sidecar(
        held, "output.schema.json", resultfile.parse, _NO_RESULT
    )
    script, script_problems = _sidecar(
        held, "rehearsal.yaml", rehearsals.parse, rehearsals.Script()
    )
    problems += head.problems + rule_problems + question_problems + case_problems
    problems += example_problems + stage_problems + result_problems + script_problems
    if problems:
        return None
    said = head.metadata
    return SkillFile(
        name=held.name,
        title=said["title"],
        description=head.description,
        type=SkillType(said["type"]),
        category=Category(said["category"]),
        tier=Tier(said["tier"]),
        version=said["version"],
        max_tokens=int(said["max-tokens"]),
        max_cost_usd=Decimal(said["max-cost-usd"]),
        triggers=frontmatter.listed(said["triggers"]),
        hints=frontmatter.listed(said.get("hints", "")),
        related=frontmatter.listed(said.get("related", "")),
        label=said.get("label", "").strip() or said["title"],
        handoffs=_handoffs(said.get("hand-offs", "")),
        required_context=frontmatter.listed(said.get("required-context", "")),
        approval=said.get("approval", "").strip(),
        body=head.body,
        rules=rules,
        questions=questions,
        cases=cases,
        references={
            path: text for path, text in held.texts.items() if _REFERENCE.match(path)
        },
        files=held.files,
        content_hash=held.content_hash,
        lines=head.lines,
        examples=examples,
        stages=stages,
        result=result,
        rehearsal=script,
        texts=held.texts,
    )


def _sidecar(
    held: Folder,
    name: str,
    parse: Callable[[str, str], tuple[_T, list[Problem]]],
    empty: _T,
) -> tuple[_T, list[Problem]]:
    text = held.texts.get(name)
    return (empty, []) if text is None else parse(text, held.path(name))


def _handoffs(written: str) -> tuple[Handoff, ...]:
    pairs = (line.rpartition("->") for line in frontmatter.listed(written))
    return tuple(Handoff(phrase.strip(), to.strip()) for phrase, _, to in pairs)
