"""What words say of a piece that stands there: a wish, a question, thanks.

A wish without a reply must be plain: what goes on to name a thing of its own ("shorter
meeting notes for Acme", "another take on our pricing page") is a request.
"""

import re

from agent.identity.languages import ALL

MOST_WORDS = 12
"""Of a wish that replies to nothing: in more there is a request of its own."""

_QUESTION = re.compile(
    r"(?:what|why|who|whom|whose|how|when|where|which|is|are|was|were|do|does|did|has"
    r"|have|should)\b.*\?\s*",
    re.IGNORECASE | re.DOTALL,
)
_SIZES = (
    "short|long|simpl|punchi|funni|friendli|warm|bold|crisp|clear|tight|snappi|light"
    "|catchi|soft|strong|kind|sharp|bright|plain|brief|smooth|fresh|calm"
)
_PARTS = (
    "version|draft|take|tone|voice|style|text|copy|headlines?|titles?"
    "|subject(?:\\ line)?|intro(?:duction)?|opening|ending|conclusion"
    "|hook|body|cta|call\\ to\\ action"
    "|(?:\\w+\\ )?(?:words?|lines?|sentences?|paragraphs?|parts?|sections?|bullets?)"
)
_ITSELF = "(?:it|this|that|them|the\\ same|the\\ same\\ thing)"
# What may follow without naming anything else.
_ON = (
    "(?:\\ (?:one|ones))?"
    f"(?:\\ (?:{_PARTS}))?"
    "(?:[,;.:!]+\\ ?.*"
    "|\\ (?:and|but|with|without|than|by|at|in|for|so|like|still|now|too|again|instead"
    f"|please|this\\ time|first)\\b.*|\\ (?:on|of|about|to)\\ {_ITSELF}\\b.*)?"
)
_NAMED = "|".join(sorted({re.escape(one.name) for one in ALL}, key=len, reverse=True))
_WISH = re.compile(
    rf"""
    (?:(?:please|now|ok|okay|and|but|hm+|can\ you|could\ you|would\ you)[\s,]+)*
    (?:
        (?:make|keep)\ (?:it|this|that)
            \ (?!in\ mind|up\b|so\b|as\ (?:it\ )?is|happen|work\b|going|coming)\S.*
      | (?:much|a\ bit|a\ little|a|even|slightly|way)?\s*(?:{_SIZES})e?r\b{_ON}
      | (?:a\ bit|a\ little|even|slightly|much)?\s*(?:more|less)
            \ (?!of\b|on\b|about\b|for\b|than\b|or\b)\S+{_ON}
      | (?:a\ bit|much|way)?\s*too
            \ (?!bad|late|kind|true|busy|tired|soon|right|easy|good|cool)\w+{_ON}
      | (?:half|twice)\ (?:as|the)\ \S.*
      | in\ (?:{_NAMED})\b{_ON}
      | translate\ (?:(?:it|this|that)\b.*|(?:in)?to\ (?:{_NAMED})\b{_ON})
      | (?:tone|dial|cut|trim|warm|loosen|lighten|liven)\ (?:it|this|that)\ \S.*
      | (?:(?:give|write|show)\ (?:me|us)\ )?another
            \ (?:take|version|one|try|go|variant|draft|option){_ON}
      | (?:try|once)\ (?:again|more)
      | give\ (?:it|this|that)\ (?!to\b|up\b)\S.*
      | (?:try\ )?(?:a\ )?(?:different|new)
            \ (?:take|version|angle|draft|headline|opening){_ON}
      | without\ (?:the|a|an|any|all|so)\ \S.*
      | with\ (?:a|an|more|fewer|less)\ \S+(?:\ \S+){{0,4}}
      | no\ (?:more\ |so\ many\ )?(?:emojis?|hashtags?|exclamation|jargon|buzzwords?
            |bullets?|headings?|links?|questions?|adjectives?){_ON}
      | (?:drop|remove|cut|leave\ out|lose)\ (?:the|that|this|all|any)\ \S.*
      | add\ (?:a|an|the|some|more|our|my)\ \S.*
      | (?:rewrite|rephrase|shorten|expand|simplify|tighten|polish|soften|redo)
            (?:\ (?:it|this|that|the\ (?:{_PARTS})){_ON})?
      | write\ (?:it|this|that)\ (?!down|up\b|off\b|for\b)\S.*
    )
    (?:[\s,]+please)?[\s.!?]*
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ABROAD = re.compile(
    r"""
    (?:(?:bitte|und|jetzt|aber|kannst\ du|por\ favor|y|pero|ahora|puedes)[\s,]+)*
    (?:
        (?:mach|mache|schreib|schreibe|formulier|formuliere)
            \ (?:es|das|ihn|sie|den\ (?:text|ton)|die\ (?:überschrift|headline))
            \ \S.*
      | (?:(?:es|das|den\ (?:text|ton))\ )?(?:bitte\ )?
            (?:kürzen|umformulieren|umschreiben|vereinfachen|übersetzen)
      | (?:etwas|viel|deutlich|noch|ein\ (?:bisschen|wenig))?\s*
            (?:kürzer|länger|wärmer|lockerer|einfacher|knapper|frischer
            |freundlicher|persönlicher|mutiger|klarer|förmlicher|sachlicher
            |konkreter|direkter|lustiger|natürlicher)
      | (?:etwas|viel|noch)?\s*(?:mehr|weniger|nicht\ so)\ [\w-]+
      | auf\ (?:deutsch|englisch|spanisch|französisch|italienisch|portugiesisch)
      | noch\ ?(?:mal|ein\ versuch|eine\ (?:version|variante|fassung))
      | (?:hazlo|hazla|ponlo|ponla|escríbelo|escríbela)\ \S.*
      | (?:acórta|tradúce|resúme|simplifíca|reescríbe)l[oa](?:\ .*)?
      | (?:un\ poco|mucho|algo)?\s*(?:más|menos|no\ tan)\ [\w-]+
      | en\ (?:alemán|inglés|español|francés|italiano|portugués)
      | otra\ (?:vez|versión|opción)
    )
    (?:[\s,]+(?:bitte|por\ favor))?[\s.!?]*
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""The plainest wishes in German and Spanish."""
_OF_A_PART = re.compile(
    r"(?:please\s+|now\s+|and\s+)*(?:make|turn|change|put|keep|rewrite|rephrase|shorten"
    r"|simplify)\s+(?:the|its|that)\s+(?:(?:first|second|third|last|main)\s+)?"
    f"(?:{_PARTS.replace(chr(92) + ' ', ' ')})" + r"\b(?!\s+(?:for|of|about|on)\b).*",
    re.IGNORECASE | re.DOTALL,
)
_ASIDE = re.compile(
    r"(?:(?:oh|ah|ok|okay|okey|great|thanks|thank\s+you|thank\s+u|thx|ty|cheers|perfect"
    r"|nice|lovely|love\s+(?:it|this|that)|cool|good|awesome|amazing|excellent|super"
    r"|wonderful|wow|brilliant|well\s+done|looks|sounds|right|better|got\s+it"
    r"|lgtm|haha+"
    r"|lol|yes|yep|yeah|sure|fine|hi|hey|hello|very|so|much|a\s+lot|again|all|really"
    r"|that(?:['\u2019]s|\s+is)|this\s+is|it(?:['\u2019]s|\s+is)|one|job|work|stuff)"
    r"[\W_]*)+",
    re.IGNORECASE,
)


def is_wish(text: str) -> bool:
    """Whether words can only be about something that stands there already."""
    plain = " ".join(text.split())
    if len(plain.split()) > MOST_WORDS:
        return False
    known = (_WISH, _OF_A_PART, _ABROAD)
    return any(pattern.fullmatch(plain) for pattern in known)


def is_of_a_part(text: str) -> bool:
    """Whether a wish names a part of what stands there: "make the headline bolder".

    A skill may answer to that very word, and is not meant.
    """
    return is_wish(text) and bool(_OF_A_PART.fullmatch(" ".join(text.split())))


def is_question(text: str) -> bool:
    """Whether something is asked, rather than wished for."""
    return bool(_QUESTION.fullmatch(text.strip()))


def is_aside(text: str) -> bool:
    """Whether it is thanks, praise, a greeting, or nothing but a face."""
    said = text.strip()
    return not re.search(r"\w", said) or bool(_ASIDE.fullmatch(said))
