"""Languages people ask for by name, as locales; and how a model is told of one.

Source: BCP 47 language tags; script subtags from ISO 15924.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FOLLOW = "en"
"""The default: each piece in the language it is asked for in."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language in one script."""

    tag: str
    name: str
    script: str = "Latin"
    """As Unicode names it; by it a text's language can be checked."""
    how: str = ""
    """What a writer must know besides."""


_HINGLISH = (
    "Hindi mixed with English as people in Indian cities write it, all of it in Latin "
    "letters, never in Devanagari; keep business words such as ROI, SaaS, funnel or "
    "landing page in English"
)

ALL = (
    Language("en-001", "English"),
    Language("en-GB", "British English"),
    Language("en-US", "American English"),
    Language("hi", "Hindi", "Devanagari"),
    Language("hi-Latn", "Hinglish", how=_HINGLISH),
    Language("mr", "Marathi", "Devanagari"),
    Language("bn", "Bengali", "Bengali"),
    Language("ta", "Tamil", "Tamil"),
    Language("te", "Telugu", "Telugu"),
    Language("kn", "Kannada", "Kannada"),
    Language("ml", "Malayalam", "Malayalam"),
    Language("gu", "Gujarati", "Gujarati"),
    Language("pa", "Punjabi", "Gurmukhi"),
    Language("ur", "Urdu", "Arabic"),
    Language("ar", "Arabic", "Arabic"),
    Language("he", "Hebrew", "Hebrew"),
    Language("el", "Greek", "Greek"),
    Language("ru", "Russian", "Cyrillic"),
    Language("uk", "Ukrainian", "Cyrillic"),
    Language("ja", "Japanese", "Japanese"),
    Language("ko", "Korean", "Hangul"),
    Language("zh", "Chinese", "Han"),
    Language("th", "Thai", "Thai"),
    Language("de", "German"),
    Language("fr", "French"),
    Language("es", "Spanish"),
    Language("pt", "Portuguese"),
    Language("pt-BR", "Brazilian Portuguese"),
    Language("it", "Italian"),
    Language("nl", "Dutch"),
    Language("pl", "Polish"),
    Language("sv", "Swedish"),
    Language("da", "Danish"),
    Language("fi", "Finnish"),
    Language("cs", "Czech"),
    Language("ro", "Romanian"),
    Language("tr", "Turkish"),
    Language("vi", "Vietnamese"),
    Language("id", "Indonesian"),
)

BY_TAG: Mapping[str, Language] = {language.tag: language for language in ALL}

_OWN_NAMES = {
    "हिन्दी": "hi", "हिंदी": "hi", "roman hindi": "hi-Latn", "deutsch": "de",
    "français": "fr", "francais": "fr", "español": "es", "espanol": "es",
    "italiano": "it", "português": "pt", "nederlands": "nl", "русский": "ru",
    "українська": "uk", "日本語": "ja", "中文": "zh", "mandarin": "zh",
    "한국어": "ko", "bangla": "bn", "मराठी": "mr", "தமிழ்": "ta", "తెలుగు": "te",
    "العربية": "ar", "uk english": "en-GB", "us english": "en-US",
}  # fmt: skip

_BY_NAME = (
    {language.name.casefold(): language for language in ALL}
    | {name: BY_TAG[tag] for name, tag in _OWN_NAMES.items()}
    | {language.tag.casefold(): language for language in ALL}
)

NAMES = tuple(sorted((name for name in _BY_NAME if len(name) > 2), key=len))[::-1]  # noqa: PLR2004 - "in it" is no Italian
"""What people may call them in a sentence, the longest first."""


def find(said: str) -> Language | None:
    """The language of that name or tag, in whatever case."""
    return _BY_NAME.get(" ".join(said.split()).casefold().replace("_", "-"))


def of(locale: str) -> Language | None:
    """The language of a person's locale; None when pieces follow the request's."""
    return None if locale == FOLLOW else BY_TAG.get(locale)


def told(language: Language) -> str:
    """The language as one line of a model's instructions."""
    how = f" ({language.how})" if language.how else ""
    script = "" if language.script == "Latin" else f", in {language.script} script"
    return f"Write in {language.name}{script}{how}, whatever language the request is in"
