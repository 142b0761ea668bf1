"""The bot's own voice, in one place.

Short, plain, warm: what was done, and what can be done next.
"""

from bot.render.pieces import (
    LOW_SCORE,
    PAGES_SHOWN,
    REASONS,
    explained,
    failed,
    finished,
    opening,
    paged,
    rating,
    scored,
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
    "opening",
    "paged",
    "rating",
    "refusal",
    "result",
    "scored",
    "trouble",
    "unknown_command",
    "unsure",
    "usage",
    "welcome",
    "whole_draft",
]
