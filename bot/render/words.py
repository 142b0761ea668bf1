"""Cutting words to fit."""


def brief(text: str, longest: int) -> str:
    """``text`` in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
