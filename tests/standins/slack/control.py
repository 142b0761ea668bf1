"""The stand-in's hands and eyes for another process, as JSON."""

from dataclasses import asdict, is_dataclass
from typing import Any

from tests.standins.slack.people import People
from tests.standins.slack.state import Json

HANDS = {
    "say",
    "edit",
    "unfurl",
    "command",
    "press",
    "stop",
    "submit",
    "hear",
    "settle",
    "refresh",
}
EYES = {"messages", "dm", "fail", "post_events_to", "sever"}


async def control(slack: People, order: Json) -> Json:
    """Do ``{"do": name, "with": {...}}`` and return ``{"found": ...}``."""
    name, given = order["do"], order.get("with", {})
    if name in HANDS:
        return {"found": await getattr(slack, name)(**given)}
    if name in EYES:
        return {"found": _plain(getattr(slack, name)(**given))}
    if name == "state":
        return {"found": state(slack)}
    known = sorted(HANDS | EYES | {"state"})
    return {"error": f"one of {known}"}


def state(slack: People) -> Json:
    """What tests count: deliveries, calls, pings, connections."""
    return {
        "deliveries": [_plain(delivery) for delivery in slack.deliveries],
        "calls": slack.world.calls,
        "pings": slack.world.pings,
        "connections": slack.socket_mode.connections,
        "strays": slack.socket_mode.strays,
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value
