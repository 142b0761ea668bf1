"""A strict Bot API server on loopback, and the hands and eyes of the people in it.

In a test: ``async with Telegram() as tg``. From another process:
``python -m tests.standins.telegram --port N``, steered through ``/control``.
Source: https://core.telegram.org/bots/api, and the answers its server is known to give.
"""

from tests.standins.telegram.server import Telegram
from tests.standins.telegram.world import Call, Fault, Shown

__all__ = ["Call", "Fault", "Shown", "Telegram"]
