"""An interview about a piece that a skill is to work on: what it keeps, how it ends."""

from agent.ctx import Ctx
from agent.gate import invoke
from agent.memory.schemas import Dialog
from agent.runs.next_operations import hand_over

PIECE = "_piece"
"""Where an interview keeps which piece its skill is to work on."""


async def start(ctx: Ctx, dialog: Dialog, skill: str, brief: str) -> bool:
    """Begin what was asked about a piece; False where the interview is about none."""
    if PIECE not in dialog.answers:
        return False
    raw = {"output_id": dialog.answers[PIECE], "skill": skill, "brief": brief}
    await invoke(hand_over, ctx, raw)
    return True
