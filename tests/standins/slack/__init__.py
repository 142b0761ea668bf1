"""A strict local Slack: Web API, Events API, Socket Mode, and what a person sees."""

from tests.standins.slack.server import Slack
from tests.standins.slack.state import Fault, Shown

__all__ = ["Fault", "Shown", "Slack"]
