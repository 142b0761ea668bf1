"""Writes small skill folders for tests."""

from pathlib import Path

TRIGGERS = tuple(
    f"{word} the kettle" for word in ["boil", "mend", "fill", "buy", "sell", "lend"]
)
MORE = tuple(
    f"kettle {word}" for word in ["noise", "colour", "price", "repair", "lid", "spout"]
)

HEAD = {
    "version": '"1.2.0"',
    "title": "Kettles",
    "type": "simple",
    "category": "content",
    "tier": "fast",
    "max-tokens": '"1024"',
    "max-cost-usd": '"0.05"',
}
CASES = "cases:\n" + "".join(
    f"  - name: {name}\n    brief: boil it\n    expect:\n      - mentions kettle\n"
    for name in ("one", "two", "three")
)
DELIVER = "## Deliver\n\n```\n# Kettles for <whom>\n## Water\n<how much>\n```\n"
REHEARSAL = "- |-\n  # Kettles for $audience\n\n  ## Water\n  [litres] in the kettle\n"


def examples(about: str) -> str:
    """An examples.yaml without fault, whose messages speak of ``about``."""
    places = ("kitchen", "garden", "attic", "cellar", "office", "tent")
    aims = ("sings", "leaks", "rusts", "shines", "whistles")
    lines = ["phrases:"]
    for language in ("es", "de", "fr", "pt", "hi", "hinglish"):
        lines.append(f"  {language}:")
        lines += [f"    - {about} {language} {n}" for n in ("un", "deux", "tri", "kat")]
    lines += ["examples:", "  problem:"]
    lines += [f"    - {about} {aim} since {place}" for aim in aims for place in places]
    lines.append("near-misses:")
    lines += [f"  - {{say: {place} song, to: assistant}}" for place in places]
    return "\n".join(lines) + "\n"


def make(  # noqa: PLR0913 - each part of a skill may be broken alone
    root: Path,
    name: str = "kettles",
    *,
    said_name: str = "",
    head: dict[str, str] | None = None,
    triggers: tuple[str, ...] = TRIGGERS + MORE,
    extra: str = "",
    body: str = "Boil water.",
    files: dict[str, str] | None = None,
) -> Path:
    """A sound skill at ``root/name``, but for what is overridden."""
    folder = root / name
    folder.mkdir(parents=True)
    lines = [f"  {key}: {value}" for key, value in {**HEAD, **(head or {})}.items()]
    lines += ["  triggers: |", *(f"    {phrase}" for phrase in triggers)]
    told = (
        "Tells all about kettles. Use when a kettle is boiled, bought, sold or mended. "
    )
    text = (
        f"---\nname: {said_name or name}\ndescription: {told * 2}\nmetadata:\n"
        + "\n".join(lines)
        + f"\n{extra}---\n{body}\n\n{DELIVER}"
    )
    for path, content in {
        "SKILL.md": text,
        "cases.yaml": CASES,
        "examples.yaml": examples(name),
        "rehearsal.yaml": REHEARSAL,
        **(files or {}),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")
    return folder
