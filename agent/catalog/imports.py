"""A skill from elsewhere becomes one of ours: what is taken, changed, left out.

The open format asks only for ``name`` and ``description``; what ours needs besides gets
safe defaults. Scripts are never run, so they are left out; so is all but Markdown.

Source: the Agent Skills format (agentskills.io/specification).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from agent.catalog import own, yamlfile
from agent.catalog.folder import MAX_FILE_BYTES
from agent.catalog.problem import BrokenSkill
from agent.catalog.scan import Finding, Verdict, scan
from agent.catalog.skillfile import assemble
from agent.catalog.unpack import Files, NoSkillInside
from agent.catalog.versions import held

_FENCE = re.compile(r"^---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)(.*)", re.DOTALL)
_SIDECARS = (
    *("RULES.md", "questions.yaml", "cases.yaml", "examples.yaml", "rehearsal.yaml"),
    *("steps.yaml", "output.schema.json"),
)
_CODE = {
    ".py",
    ".sh",
    ".js",
    ".ts",
    ".rb",
    ".pl",
    ".ps1",
    ".bat",
    ".exe",
    ".so",
    ".dll",
}
_UNKEPT = re.compile(r"\\(?:0|x00|[uU](?:0000)?(?:0000|[dD][89a-fA-F]))")
"""A letter, as YAML and JSON write it, that no database takes."""
_ODD = "it holds letters that cannot be kept"
_MAX_BODY = 60_000
_MAX_DESCRIPTION = 1024
_MAX_COST = "0.25"
_MAX_TOKENS = "4096"


@dataclass(frozen=True, slots=True)
class Brought:
    """A skill from elsewhere, as it would be kept."""

    name: str
    texts: Mapping[str, str]
    findings: tuple[Finding, ...]


def brought(files: Files, called: str, version: str, free: str = "") -> Brought:
    """The skill in ``files``, whose folder was ``called``, as ``version``.

    ``free``: the name it gets where its own is taken or cannot be had.

    Raises:
        NoSkillInside: Its SKILL.md says too little to be used.
    """
    texts, left = _taken(files)
    head, body = _parted(texts.pop("SKILL.md"))
    findings = [*left, *scan({**texts, "SKILL.md": f"{_words(head)}\n{body}"})]
    name = free or name_of(files, called)
    skill = {"SKILL.md": _skill(name, head, body, version)}
    kept = {**skill, **texts}
    try:
        assemble(held(name, kept))
    except BrokenSkill as broken:
        # Its own sidecars are of another make: the method works without them.
        extra = sorted(path for path in texts if path in _SIDECARS)
        for path in extra:
            del kept[path]
        findings.append(
            Finding("format", ", ".join(extra), Verdict.NOTE, str(broken.problems[0]))
        )
        kept["SKILL.md"] = _plain(kept["SKILL.md"])
        assemble(held(name, kept))
    return Brought(name, kept, tuple(findings))


def name_of(files: Files, called: str) -> str:
    """What the skill calls itself, else its folder's name, as a name of ours.

    Raises:
        NoSkillInside: There is no SKILL.md that says what it is.
    """
    said = _parted(_text(files.get("SKILL.md", b"")))[0].get("name")
    slug = re.sub(r"[^a-z0-9]+", "-", str(said or called).casefold()).strip("-")
    slug = re.sub(r"^[0-9-]+", "", slug)[: own.LONGEST_NAME].strip("-")
    return slug or "imported"


def _taken(files: Files) -> tuple[dict[str, str], list[Finding]]:
    """The texts that a skill can use, and what is left out and why."""
    texts: dict[str, str] = {}
    left: list[Finding] = []
    for path, body in sorted(files.items()):
        place = _place(path)
        why = "" if place else _why_not(path)
        if place and len(body) > MAX_FILE_BYTES:
            why = "it is too large"
        if place and not body:
            why = "it is empty or a link"
        if place in _SIDECARS and _UNKEPT.search(_text(body)):
            why = _ODD
        if why:
            is_code = PurePosixPath(path).suffix.casefold() in _CODE
            verdict = Verdict.WARN if is_code else Verdict.NOTE
            left.append(Finding("left out", path, verdict, f"Left out: {why}"))
        elif place in texts:
            left.append(Finding("left out", path, Verdict.NOTE, "Left out: said twice"))
        else:
            texts[place] = _text(body)
    return texts, left


def _place(path: str) -> str:
    """Where a file goes; empty for what is not taken."""
    where = PurePosixPath(path)
    if path == "SKILL.md" or path in _SIDECARS:
        return path
    is_text = where.suffix.casefold() in {".md", ".txt"}
    if not is_text or where.name.startswith(".") or where.parts[0] == "scripts":
        return ""
    stem = re.sub(r"[^\w.-]", "-", where.stem)
    return f"references/{stem}.md"


def _why_not(path: str) -> str:
    where = PurePosixPath(path)
    if where.suffix.casefold() in _CODE or where.parts[0] == "scripts":
        return "nothing is ever run here"
    return "only Markdown is taken"


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", errors="replace").replace("\0", "")


def _parted(text: str) -> tuple[dict[str, Any], str]:
    fence = _FENCE.match(text)
    if not fence:
        raise NoSkillInside(
            "Its SKILL.md has no front matter.",
            hint="It begins with --- and says name and description.",
        )
    try:
        head, _ = yamlfile.parse(fence[1])
    except yamlfile.BadYaml as bad:
        raise NoSkillInside(
            f"The front matter of its SKILL.md cannot be read: {bad.fault}",
            hint=f"Mend line {bad.line + 1}.",
        ) from bad
    if _UNKEPT.search(fence[1]):
        raise NoSkillInside(
            "The front matter of its SKILL.md holds letters that cannot be kept.",
            hint="Write it without \\0 and without halves of letters, as \\ud800 is.",
        )
    body = fence[2].strip()
    if not isinstance(head, dict) or not str(head.get("description") or "").strip():
        raise NoSkillInside("Its SKILL.md has no description.", hint="Write one.")
    if not body or len(body) > _MAX_BODY:
        raise NoSkillInside(
            "Its SKILL.md has no instructions, or far too many.",
            hint=f"{_MAX_BODY} characters at most; put detail into references/.",
        )
    return head, body


def _words(head: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(head), allow_unicode=True, width=1000)


def _skill(name: str, head: Mapping[str, Any], body: str, version: str) -> str:
    title = name.replace("-", " ")
    given = head.get("metadata")
    ours = given if isinstance(given, dict) and "triggers" in given else {}
    metadata = {
        "title": f"{title[:1].upper()}{title[1:]}"[:60],
        "type": "simple",
        "category": "content",
        "triggers": f"{title}\nuse {title}\n",
        **{key: str(value) for key, value in ours.items()},
        # What costs is ours to say, whatever they say.
        "version": version,
        "tier": "balanced",
        "max-tokens": _MAX_TOKENS,
        "max-cost-usd": _MAX_COST,
    }
    description = " ".join(str(head["description"]).split())[:_MAX_DESCRIPTION]
    return _file({"name": name, "description": description, "metadata": metadata}, body)


def _plain(skill: str) -> str:
    """The same with nothing but the defaults in its front matter."""
    head, body = _parted(skill)
    version = str(head["metadata"]["version"])
    bare = {"name": head["name"], "description": head["description"]}
    return _skill(str(head["name"]), bare, body, version)


def _file(head: Mapping[str, Any], body: str) -> str:
    front = yaml.safe_dump(dict(head), allow_unicode=True, sort_keys=False, width=88)
    return f"---\n{front}---\n{body}\n"
