"""What was said to "What was off?": the reason, a wish, or something else. Pure.

Whoever was asked what was wrong mostly answers that, in words that may well name a
skill ("the tone is too formal"). So words that state a fault are the reason, whatever
the router makes of them; what it is surest of counts only where no fault is stated.
"""

import re
from typing import NamedTuple

from agent.identity.preferences_operations import set_language
from bot import wishes
from bot.router import SURE, Route
from bot.surfaces import chat

HEAD = 240
"""Characters in which a fault must be stated; further on it may be any word."""


class Told(NamedTuple):
    """What an answer is; both, where a fault is said as a wish; neither: no answer."""

    is_reason: bool = False
    is_wish: bool = False


_NOTHING = (
    r"(?:never\s?mind|forget (?:it|about it|that)|skip(?: it| this)?"
    r"|not (?:now|important)|(?:i['\u2019]?ll )?(?:tell you )?later|no|nope|nah"
    r"|nothing(?: really)?|no idea|let me think|idk|leave it"
    r"|(?:let['\u2019]?s move|moving) on"
    r"|(?:i )?don['\u2019]?t (?:know|care|worry(?: about it)?)|you['\u2019]?re welcome"
    r"|(?:(?:das )?ist )?egal|vergiss es|schon gut|nichts|weiß nicht|passt schon"
    r"|lass (?:es|mal)|déjalo|olvídalo|da igual|no importa|nada|no sé)"
)
_LEFT = re.compile(
    rf"{_NOTHING}(?:[\s.,!]+(?:{_NOTHING}|thanks|thank you|danke|gracias"
    r"|it['\u2019]?s (?:fine|ok|okay|good)))*[\s.!]*",
    re.IGNORECASE,
)
"""When somebody would rather not say."""
_POLITE = (
    r"\s*(?:(?:please|now|next|ok|okay|and|also|then|instead"
    r"|can you|could you|would you"
    r"|bitte|jetzt|kannst du|könntest du|por favor|ahora|puedes|podrías)\b"
    r"[\s,:]*)*"
)
_IT = r"(?!(?:it|this|that|them|so|es|das|den|die|ihn|sie)\b)\w"
_ORDERS = re.compile(
    rf"{_POLITE}(?:write|draft|create|make|plan|build|design|suggest|prepare|audit|review"
    r"|find|list|generate|brainstorm|compare|set up|come up with|do|schreibe?|erstelle?"
    r"|entwirf|plane|mache?|escríbe(?:me)?|escribe|crea|hazme|haz|prepara"
    rf"|diseña) {_IT}",
    re.IGNORECASE,
)
"""How a request for another thing begins."""
_NEEDS = re.compile(
    rf"{_POLITE}(?:(?:give|show|tell|send|help) (?:me|us)\b"
    r"|(?:i|we)(?: |['\u2019]d )(?:also )?(?:need|want|like|would like)"
    rf" (?!(?:more|less|fewer|no|something)\b){_IT}"
    r"|let['\u2019]?s\b|(?:the same|an?other \w+) for\b|remember\b|gib mir\b"
    r"|(?:ich brauche|wir brauchen|ich möchte)\b|noch eine?n?\b"
    r"|(?:dame|necesito|necesitamos|quiero|queremos)\b)",
    re.IGNORECASE,
)
"""How it is asked for otherwise."""

_BE = (
    r"(?:is|are|was|were|feels?|sounds?|reads?|looks?|seems?|ist|sind|war|klingt|wirkt"
    r"|es|está|son|suena|parece|[\w\u2019]+['\u2019](?:s|re))"
)
_VERY = (
    r"(?:so|very|really|quite|rather|pretty|a bit|a little|just|all|kind of|way|much"
    r"|sehr|etwas|ziemlich|muy|un poco|bastante)"
)
_NEUTRAL = (
    r"(?:formal|informal|casual|stiff|cold|flat|dry|long|short|wordy|old|loud|slow|off"
    r"|hard|heavy|thin|weak|complicated|technical|serious|different|similar|empty"
    r"|the same|lang|kurz|kalt|trocken|förmlich|steif|largo|larga|corto|corta"
    r"|frío|fría|serio)"
)
"""What only a sentence about the piece makes a fault: "formal invitation" is none."""
_BAD = (
    r"wrong|false|incorrect|untrue|inaccurate|outdated|invent(?:ed|s)?|made[ -]up"
    r"|hallucinat\w+|fake|missing|lacks?|lacking|forgot(?:ten)?|misses|boring|bland|dull"
    r"|generic|vague|unclear|confusing|pushy|salesy|clich\w+|cheesy|robotic|repetitive"
    r"|repeats|buzzwords?|jargon|typos?|bad|awful|terrible|horrible|ugly|useless|lame"
    r"|soulless|arrogant|aggressive|childish|unprofessional|off[ -]brand|meh|stiff"
    r"|banned|forbidden|hate|dislike|overly|nobody|no one|full of|falsch|erfunden"
    r"|langweilig|nichtssagend|unklar|fehlt|fehlen|klingt|gefällt mir nicht|kein\w*"
    r"|nie|steif|schlecht|suena|falta|faltan|aburrid\w+|inventad\w+|inventaste|mal"
    r"|genéric\w+|demasiad[oa]s?|no me gusta"
)
"""What is a fault wherever it is said."""
_FAULT = re.compile(
    rf"""
    \b(?:{_BAD})\b
    | \btoo\ (?!bad\b|late\b|kind\b|busy\b|soon\b)\w
    | (?:^|\b(?:viel|ist|sind|klingt|wirkt|einfach|etwas|auch|bisschen|und)\ )
        zu\ (?!de[rmn]\b|unser|dein|euer|mein|ein|viert)\w
    | (?:^|\b(?:es|está|suena|son)\ )muy\ \w
    | \b(?:less|fewer|weniger|menos)\ (?!than\b|of\b|als\b|de\b|que\b)\w
    | \b(?:not|nicht|no)\ (?:so|tan)\ \w
    | (?:^|[,.;:\u2013-]\ ?|\b(?:has|have|had|is|are|with|got|['\u2019]s|was)\ )
        no[t]?\ (?!sure\b|now\b|bad\b|problem|worries)\w
    | \b(?:is|are|was|were|do|does|did|has|have|could|would|ca)n['\u2019]?t\b
    | \b(?:never|does\ not|do\ not|did\ not|cannot|nicht)\ \w
    | ^no\ (?:es|hay|tiene|suena|somos|dice)\b
    | \bi\ (?:asked|expected|wanted|meant|said|miss)\b
    | \b(?:sounds?|reads?|feels?|looks?)\ (?:like|as\ if|so|very|more\ like)\b
    | \b{_BE}\ (?:{_VERY}\ )*{_NEUTRAL}\b
    | ^(?:[\w\u2019'-]+\ ){{1,5}}?(?:is|are|was|were|has|have)\ \w
    | \ball\ (?:sounds?|looks?|reads?|feels?)\b
    | ^(?:{_VERY}\ )*{_NEUTRAL}(?:[\s,]+(?:and|y|und)?\s*(?:{_NEUTRAL}|{_BAD}))*[\s.!]*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ONLY_TOO = re.compile(r"(?:much |a bit |way |far |just )?too\b", re.IGNORECASE)
_CLAUSES = re.compile(
    r"[.,;:!?]+\s+|\s+[\u2013\u2014-]+\s+|\b(?:and|but|so|und|aber|pero)\s"
)


def told(text: str, route: Route) -> Told:
    """What an answer to "What was off?" is; ``route`` is the router's."""
    plain = " ".join(text.split())
    if is_left(plain) or wishes.is_aside(plain) or _is_command(plain):
        return Told()
    is_fault = bool(_FAULT.search(plain[:HEAD]))
    if _wishes(plain):
        return Told(is_reason=is_fault, is_wish=True)
    if plain.endswith("?") or _asks(plain, route):
        return Told()
    return Told(is_reason=is_fault or not _is_certain(route))


def is_left(text: str) -> bool:
    """Whether somebody would rather not say: "never mind", "egal"."""
    return bool(_LEFT.fullmatch(" ".join(text.split())))


def _is_command(text: str) -> bool:
    call = chat.heard(text)
    # "In German" is a wish where a piece stands.
    return call is not None and call.op is not set_language


def _is_certain(route: Route) -> bool:
    return route.method == "phrase" and route.confidence >= SURE


def _asks(text: str, route: Route) -> bool:
    """Whether it is a request: it begins as one, or comes to one that a skill knows."""
    if _ORDERS.match(text) or _NEEDS.match(text):
        return True
    return _is_certain(route) and any(map(_ORDERS.match, _CLAUSES.split(text)))


def _wishes(text: str) -> bool:
    """Whether it says what should change; that it is too much of something is none."""
    if wishes.is_wish(text) and not _ONLY_TOO.match(text):
        return True
    clauses = [one.strip() for one in _CLAUSES.split(text)]
    return len(clauses) > 1 and any(
        wishes.is_wish(one) and not _ONLY_TOO.match(one) for one in clauses
    )
