"""Words used in several places, and cutting them to fit."""

STATUS_WORDS = {
    "queued": "waiting",
    "running": "being written",
    "waiting_approval": "waiting for approval",
    "waiting_input": "waiting for your answer",
    "completed": "done",
    "failed": "failed",
    "timeout": "timed out",
    "cancelled": "stopped",
}


def brief(text: str, longest: int) -> str:
    """``text`` in one line of at most ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
