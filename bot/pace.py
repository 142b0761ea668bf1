"""How long each kind of work is leased, so that failure tests need not wait."""

from dataclasses import dataclass, field

from agent.llm.breaker import RULE, Rule
from bot.durable.limits import Limits
from bot.durable.remote.breath import Breath


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds; a lease is how long work waits whose process was killed."""

    inbox_lease_s: float = 10.0
    """Renewed three times as often while a message is worked on; twice is harmless."""
    delivery_lease_s: float = 15.0
    """Renewed three times as often while a message is being sent."""
    idle_s: float = 5.0
    """A lost notification costs this long."""
    inbox_again_s: float = 2.0
    """Before the second try at a message; doubled before the third."""
    again_s: float = 5.0
    """After a failed send, when the messenger names no time."""
    write_pause_s: float | None = None
    """Between two writes into one chat; None: what its messenger asks for."""
    sweep_s: float = 60.0
    """Between looks for money that crashed calls still hold."""
    skills_s: float = 1.0
    """Between looks at the skills folder; a change is taken when two looks agree."""
    learn_s: float = 120.0
    """How long no more ratings come in before what recurs in them is looked for."""
    drain_s: float = 10.0
    """How long a step may still run once we were told to stop."""
    circuit: Rule = RULE
    """When a failing model is left alone, and for how long."""
    engine: Limits = field(default_factory=Limits)
    relay: Breath = field(default_factory=Breath)
