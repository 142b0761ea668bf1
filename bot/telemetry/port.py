"""What the bot tells of its work, to whoever counts and traces it."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from uuid import UUID

from agent.llm.port import Completion, Prompt
from bot.durable.observer import Observer


@dataclass(slots=True)
class ModelCall:
    """One call of a model, open while it streams."""

    prompt: Prompt
    provider: str
    model: str
    completion: Completion | None = None
    """None when it failed, or was cut off."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One try to send or edit a message."""

    channel: str
    state: str
    """``sent``, ``postponed``, ``ambiguous`` or ``failed``."""
    run_id: UUID | None
    """The run whose answer it shows, if that is known."""
    began_ns: int
    """By the wall clock."""
    is_edit: bool = False


class Telemetry(Observer):
    """Hears of everything and does nothing with it; override what you want to know."""

    def receiving(self) -> AbstractContextManager[None]:
        """Return what is entered around the work on one message that came in."""
        return nullcontext()

    def requested(self, run_id: UUID, attempt: int) -> None:
        """A run was asked for, inside ``receiving`` or not."""

    def asking(
        self, prompt: Prompt, provider: str, model: str
    ) -> AbstractContextManager[ModelCall]:
        """Return what is entered around one call of a model."""
        return nullcontext(ModelCall(prompt, provider, model))

    def delivered(self, sending: Sending) -> None:
        """A message was sent, or it was tried."""

    def close(self) -> None:
        """Hand over what is still to be told."""


NOTHING = Telemetry()
