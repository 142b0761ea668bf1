"""``draper engine serve`` with short leases: ``... <port> <app> <system>``."""

import sys
from pathlib import Path

from bot.cli.until_told import until_told
from bot.settings import Inngest, Settings
from bot.wiring.face import Place, serve
from tests.bot.durable.face.site import EVENT_KEY, SIGNING_KEY
from tests.bot.durable.world import QUICK


def main(port: int, app_url: str, system_url: str) -> None:
    """Serve until told to stop, or killed."""
    settings = Settings(
        _env_file=None,
        home=Path("nowhere"),
        DATABASE_URL=app_url,
        DATABASE_SYSTEM_URL=system_url,
        inngest=Inngest(_env_file=None, event_key=EVENT_KEY, signing_key=SIGNING_KEY),
    )
    until_told(serve(settings, Place("127.0.0.1", port), QUICK))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
