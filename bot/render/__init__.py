"""The bot's own voice, in one place.

Short, plain, warm: what was done, and what can be done next.
"""

from bot.render import files, next_steps, proposals
from bot.render.pieces import (
    LOW_SCORE,
    PAGES_SHOWN,
    REASONS,
    explained,
    failed,
    finished,
    opening,
    over_budget,
    paged,
    rating,
    scored,
    stood_in,
    unfit,
    whole_draft,
)
from bot.render.results import RENDER, result
from bot.render.reviews import judged, thumbs
from bot.render.rules import checked as rules_checked
from bot.render.voice import (
    EDITED_COMMAND,
    EDITED_COMMAND_ASK,
    did_you_mean,
    edited,
    edited_under_way,
    edited_wish,
    refusal,
    trouble,
    unknown_command,
    unsure,
    usage,
    welcome,
)
from bot.render.words import name

__all__ = [
    "EDITED_COMMAND",
    "EDITED_COMMAND_ASK",
    "LOW_SCORE",
    "PAGES_SHOWN",
    "REASONS",
    "RENDER",
    "did_you_mean",
    "edited",
    "edited_under_way",
    "edited_wish",
    "explained",
    "failed",
    "files",
    "finished",
    "judged",
    "name",
    "next_steps",
    "opening",
    "over_budget",
    "paged",
    "proposals",
    "rating",
    "refusal",
    "result",
    "rules_checked",
    "scored",
    "stood_in",
    "thumbs",
    "trouble",
    "unfit",
    "unknown_command",
    "unsure",
    "usage",
    "welcome",
    "whole_draft",
]
