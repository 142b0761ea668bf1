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
CASES = (
    "cases:\n  - name: one\n    brief: boil it\n    expect:\n      - mentions kettle\n"
)


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
        + f"\n{extra}---\n{body}\n"
    )
    for path, content in {
        "SKILL.md": text,
        "cases.yaml": CASES,
        **(files or {}),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")
    return folder
