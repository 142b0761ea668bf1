"""The durable functions that learn from ratings."""

from datetime import timedelta
from typing import Any

import inngest

from bot.experiments import ExperimentWork
from bot.proposing import ProposeWork
from bot.replaying import ReplayWork
from bot.services import Services
from bot.weekly import WeeklyTeller
from bot.workflows import experiment
from bot.workflows.propose import nightly, propose
from bot.workflows.replay import replay
from bot.workflows.weekly import weekly


def learning(
    client: inngest.Inngest, services: Services
) -> list[inngest.Function[Any]]:
    """What recurs is proposed, what is proposed is tried, and tests are looked at."""
    work = ProposeWork(services)
    tests = ExperimentWork(services)
    quiet = timedelta(seconds=services.pace.learn_s)
    return [
        propose(client, work, quiet),
        nightly(client, work),
        replay(client, ReplayWork(services)),
        weekly(client, WeeklyTeller(services)),
        experiment.look(client, tests, quiet),
        experiment.nightly(client, tests),
    ]
