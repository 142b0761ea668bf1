"""Which model is meant, whoever makes it: a provider's name and the model's."""

import re
from dataclasses import dataclass

USUAL_PROVIDER = "anthropic"
"""Whose a model is when only its name is given."""

_SHOWN = {"gpt": "GPT"}
_NUMBER = re.compile(r"(?<=\d) (?=\d)")


@dataclass(frozen=True, slots=True, order=True)
class ModelRef:
    """One model of one provider."""

    provider: str
    name: str

    def __str__(self) -> str:
        """``<provider>/<model>``, as settings and tables have it."""
        return f"{self.provider}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "ModelRef":
        """Read ``<provider>/<model>``, or a model's bare name."""
        provider, slash, name = text.strip().partition("/")
        return cls(provider, name) if slash else cls(USUAL_PROVIDER, provider)

    @property
    def title(self) -> str:
        """As people say it: ``Claude Sonnet 5.5``."""
        words = self.name.rpartition("/")[2].replace("-", " ").split()
        said = " ".join(_SHOWN.get(word, word.capitalize()) for word in words)
        return _NUMBER.sub(".", said)
