"""Which language a message is in, told from its words.

The identifier is a small Bayes model over character sequences (py3langid); what it
does not know is Hindi in Latin letters, which a handful of everyday words give away.
"""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

HINGLISH = "hinglish"
KNOWN = ("en", "es", "de", "fr", "pt", "hi")
"""What phrases and examples exist in."""
SURE = 0.8
"""Below it, or in fewer words than that, nothing is said."""
FEWEST = 2
_READ = 1000
"""Characters that are looked at."""

_HINDI_WORDS = frozenset(
    """
    hai hain ho hoon hu tha thi the nahi nahin kya kyu kyun kyon kaise kahan kab kaun
    mera meri mere hamara hamari hamare apna apni apne tumhara aap aapka aapki mujhe
    hume humein unko unka iska iski isko uska uski usko yeh ye woh wo koi kuch sab bahut
    bohot zyada thoda accha acha karo kar karna karke karta karti karte kiya kijiye
    chahiye chaiye likho likh likhna likhdo banao bana banado banana dikhao batao bata
    bhejo rahe raha rahi gaya gayi gaye aata aati aate jata jati jate se mein pe ke ka
    ki ko aur lekin magar phir abhi liye saath wala wali wale bhi toh hi log
    """.split()  # noqa: SIM905 - a block of words reads better than a list
)
_AMBIGUOUS = frozenset("the ho hi se pe ke ka ki ko hu me log tha thi".split())  # noqa: SIM905 - as above
_ENOUGH = 2
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """The code of the message's language, ``hinglish`` for one; empty: not told."""
    words = [word.casefold() for word in _WORD.findall(text[:_READ])]
    if len(words) < FEWEST:
        return ""
    if text.isascii() and _is_hinglish(words):
        return HINGLISH
    code, share = _identifier().classify(" ".join(words))
    return str(code) if share >= SURE else ""


def load() -> None:
    """Read the model, which takes a good half second of whoever asks first."""
    _identifier()


def _is_hinglish(words: list[str]) -> bool:
    telling = set(words) & (_HINDI_WORDS - _AMBIGUOUS)
    others = set(words) & _AMBIGUOUS
    return len(telling) >= _ENOUGH or bool(len(telling) == 1 and others)


@cache
def _identifier() -> LanguageIdentifier:
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(KNOWN))
    return found
