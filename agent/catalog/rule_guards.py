"""What a rule that somebody proposes may be, and what it may never be. Pure.

A rule reaches every piece's prompt, so it is held to what a rule is: one sentence about
a text. Whoever words it, a model that read people's feedback or a person, is under the
same guards; feedback that gives orders ends here at the latest.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from agent import recognise
from agent.catalog import checks, likeness
from agent.catalog.rule_changes import JUDGE, Change, Draft
from agent.catalog.rulefile import Rule, Severity
from agent.errors import BadInput

MOST_RULES = 15
SHORTEST, LONGEST = 10, 240
"""Characters of a rule."""
PHRASE = 5
"""Words in a row that make a phrase."""
SAME, LIKE = 0.6, 0.5
"""Share of words from which on a rule is one that there is; one rejected before."""

_MARKS = re.compile(r"[|<>{}\[\]\\`\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]")
_LINKS = re.compile(
    r"https?:|www\.|\w@\w|\B@\w|#\w|\b[\w-]+\.(?:com|net|org|io|ai|co|de|in|dev|app|ru)"
    r"\b|\+?\d[\d\s().-]{7,}\d",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!?](?:\s+|$)")
_BEYOND = re.compile(
    r"\b(?:(?:api|access|secret|private|bot|license|account|pass)[ -]?(?:keys?|tokens?)"
    r"|keys\b|secrets?\b|pass(?:words?|codes?|phrases?)|credentials?"
    r"|environment variables?|(?:card|account|bank) (?:numbers?|details)"
    r"|standing (?:rules?|instructions)|other clients?\b|outside (?:tags?|texts?)\b"
    r"|as (?:orders|commands|instructions)\b"
    r"|(?:us|call|runn?|invok|execut)(?:e|ing)? (?:\w+ ){0,3}(?:tools?|functions?|"
    r"commands?|scripts?|code|databases?|webhooks?)\b|webhooks?|plug-?ins?"
    r"|(?:add|chang|set|copy|includ)(?:e|s|ing)? (?:\w+ ){0,3}recipients?|bcc|cc\b"
    r"|(?:send|forward|e-?mail|upload|post|deliver|leak|reveal|disclos|expos|giv|show|"
    r"tell|hand|pass)\w* (?:\w+ ){0,4}?(?:me|us|inbox|server|webhook|outside)\b"
    r"|(?:system|hidden|developer|base|previous|earlier|above|these|your|all|other|"
    r"existing) (?:\w+ )?(?:prompts?|messages?|rules?|instructions?)\b"
    r"|jailbreak|developer mode|(?:without|skip|no|needs no) (?:\w+ )?approvals?)",
    re.IGNORECASE,
)
_OVERRIDES = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|obey\w*|pretend\w*|"
    r"act as|you are now|from now on you|vergiss|vergesst|oublie\w*|olvid\w*)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    """
    english british american german french spanish portuguese hindi indian european
    markdown ai seo cta faq url b2b b2c ceo saas roi kpi i january february march april
    may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
"""Capitals that name nobody."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MEASURED = re.compile(
    r"\b(\d+)[ -](?:words?|sentences?|characters?|letters?|lines?|paragraphs?|bullets?|"
    r"points?|headings?|headlines?|questions?|sections?|examples?|syllables?|emojis?)\b",
    re.IGNORECASE,
)


class RuleRefused(BadInput):
    """What was proposed is no rule that a skill may have."""

    code = "rule_refused"

    def __init__(self, why: str, hint: str = "") -> None:
        """Say why, and what would do."""
        super().__init__(why, hint=hint or "Say it as one sentence about the text.")


class Copied(RuleRefused):
    """A rule that says what one piece said, and no rule."""

    code = "rule_copied"

    def __init__(self, what: str) -> None:
        """Name the words it shares with the piece or feedback."""
        super().__init__(
            f'"{what}" is from the very pieces it comes from.',
            "A rule says what holds for every piece: no names, figures or quotes.",
        )


def ensure_sound(draft: Draft) -> None:
    """Return when its words are one plain sentence about a text.

    Raises:
        RuleRefused: They are not; it says why.
    """
    if draft.change is Change.REMOVE:
        return
    _ensure_one_sentence(draft.statement)
    for said in filter(None, (draft.statement, draft.why)):
        _ensure_about_the_text(said)
    _ensure_check(draft.check)
    if draft.severity not in set(Severity):
        raise RuleRefused("A rule is must, should or may.")


def _ensure_one_sentence(said: str) -> None:
    if not SHORTEST <= len(said) <= LONGEST:
        raise RuleRefused(f"A rule has {SHORTEST} to {LONGEST} characters.")
    if len(said.split()) < 3:  # noqa: PLR2004 - as many as "avoid all jargon"
        raise RuleRefused("That is too short to be a rule.")
    if _SENTENCES.search(said.rstrip(" .!?")):
        raise RuleRefused("A rule is one sentence.", "Make a rule of each.")


def _ensure_about_the_text(said: str) -> None:
    if found := _MARKS.search(said):
        raise RuleRefused(f"A rule cannot contain {found[0]!r}.")
    if _LINKS.search(said) or recognise.redact(said) != said:
        raise RuleRefused("A rule has no addresses, links or keys in it.")
    if found := _OVERRIDES.search(said) or _BEYOND.search(said):
        raise RuleRefused(
            f'"{found[0]}" is not about the text of a piece.',
            "A rule speaks of a text's form or content, and of nothing else.",
        )


def _ensure_check(check: str) -> None:
    how, _, line = check.partition(":")
    if check == JUDGE:
        return
    if how.strip() != "code" or _MARKS.search(line):
        raise RuleRefused("A rule is checked by judge, or by code: <check>.")
    try:
        checks.parse(line)
    except checks.BadCheck as bad:
        raise RuleRefused(str(bad)) from bad


def protected(rules: Sequence[Rule], house: Sequence[Rule]) -> frozenset[str]:
    """The ids of rules that no proposal takes away: the house's own that must hold."""
    held = {rule.code for rule in house if rule.severity is Severity.MUST}
    return frozenset(rule.code for rule in rules if rule.code in held)


def ensure_fits(
    draft: Draft, rules: Sequence[Rule], guarded: Collection[str] = ()
) -> None:
    """Return when the rules as they are can take the change.

    Raises:
        RuleRefused: They cannot; it says why.
    """
    if draft.change is Change.ADD:
        return _ensure_room(draft, rules)
    was = next((rule for rule in rules if rule.code == draft.code), None)
    if was is None:
        raise RuleRefused(f"There is no rule {draft.code or '(none named)'}.")
    if draft.code in guarded:
        _ensure_kept(draft, was)
    return None


def _ensure_room(draft: Draft, rules: Sequence[Rule]) -> None:
    if len(rules) >= MOST_RULES:
        raise RuleRefused(
            f"It has {len(rules)} rules, and {MOST_RULES} are the most.",
            "Sharpen one of them instead: /rules lists them.",
        )
    for rule in rules:
        if likeness.same(draft.statement, rule.statement) >= SAME:
            raise RuleRefused(
                f"{rule.code} says so already: {rule.statement}",
                f"To change it, say: {rule.code} should be ...",
            )


def _ensure_kept(draft: Draft, was: Rule) -> None:
    """A protected rule may be added to: all its words, weight and check stay."""
    if draft.change is not Change.SHARPEN:
        verb = "removed" if draft.change is Change.REMOVE else "loosened"
        raise RuleRefused(f"{was.code} is protected, and cannot be {verb}.")
    has_all = likeness.stems(was.statement) <= likeness.stems(draft.statement)
    check = f"code: {was.check}" if was.check else JUDGE
    if not has_all or draft.severity != was.severity or draft.check != check:
        raise RuleRefused(
            f"{was.code} is protected: it can be added to, and nothing taken away."
        )


def ensure_general(draft: Draft, sources: Iterable[str], known: str = "") -> None:
    """Return when no words of the pieces and feedback it comes from are in it.

    ``known``: what the skill itself says, whose names and numbers are nobody's. A
    number that counts words, lines and the like is a measure, and no fact of a piece.

    Raises:
        Copied: A name, a figure or five words in a row are theirs.
    """
    if draft.change is Change.REMOVE:
        return
    told = "\n".join(sources)
    says = f"{draft.statement}\n{draft.why}"  # a reason is read by all, too
    mine = likeness.phrases(f"{says}\n{draft.check}", PHRASE)
    shared = mine & likeness.phrases(told, PHRASE)
    if fresh := shared - likeness.phrases(known, PHRASE):
        raise Copied(b" ".join(min(fresh)).decode())
    for part in filter(None, (f"{draft.statement} {draft.check}", draft.why)):
        if found := _names_in(part, told, known):
            raise Copied(found)
    numbers = set(_NUMBER.findall(says)) - set(_MEASURED.findall(says))
    for number in sorted(numbers & set(_NUMBER.findall(told))):
        raise Copied(number)


def _names_in(statement: str, told: str, known: str) -> str:
    """A name of theirs in the statement; empty: none."""
    ours = {word.casefold() for word in _WORD.findall(known)} | _COMMON
    named = {name.casefold() for name in likeness.names(told)}
    capital = {word.casefold() for word in _WORD.findall(told) if word[0].isupper()}
    within = {name.casefold() for name in likeness.names(statement)}
    first = statement.split(maxsplit=1)[0].casefold().strip("'s\u2019")
    shared = (within & capital) | ({first} & named if statement[0].isupper() else set())
    return min(shared - ours, default="")


def ensure_new(
    draft: Draft, rejected: Iterable[Mapping[str, str]], *, by_hand: bool = False
) -> None:
    """Return when nothing like it was rejected lately; a person may ask once more.

    Raises:
        RuleRefused: It was.
    """
    if by_hand:
        return
    for one in rejected:
        about_same = one["change"] == draft.change and one["code"] == draft.code
        is_like = likeness.same(one["statement"], draft.statement) >= LIKE
        if is_like or (about_same and draft.change is Change.REMOVE):
            raise RuleRefused("Something like it was rejected lately.")
