"""The bot's own voice, in one place.

Short, plain, warm: what was done, and what can be done next.
"""

from bot.render.instructions import kept as instructions_kept
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
    whole_draft,
)
from bot.render.results import RENDER, result
from bot.render.voice import (
    did_you_mean,
    edited,
    help_text,
    refusal,
    trouble,
    unknown_command,
    unsure,
    usage,
    welcome,
)
from bot.render.words import name

__all__ = [
    "LOW_SCORE",
    "PAGES_SHOWN",
    "REASONS",
    "RENDER",
    "did_you_mean",
    "edited",
    "explained",
    "failed",
    "finished",
    "help_text",
    "instructions_kept",
    "name",
    "opening",
    "over_budget",
    "paged",
    "rating",
    "refusal",
    "result",
    "scored",
    "stood_in",
    "trouble",
    "unknown_command",
    "unsure",
    "usage",
    "welcome",
    "whole_draft",
]
