"""What the live test of two versions promises, tried on simulated raters.

    python -m bench.experiments            # 2,000 tests a line without a difference
    python -m bench.experiments --tests 200

Every test is watched after every single rating: the first verdict counts. The raters
are made up, so this says how the statistics behave, not how people rate. What is made
up: a score is 3.6 + what the client is like (sd 0.4) + what the person is like (sd 0.4)
+ the version's effect + the piece (sd 0.8), rounded and kept within 1-5; in a drifting
team everybody grows stricter, by 0.6 points from the first rating to the last. Clients
are busy very unequally (shares of the ratings ~ Dirichlet(1)), each is rated by two
persons of the team, and has ``before`` ratings from before the test. Effects are of the
latent score; the ceiling at 5 eats some of them.
"""

import argparse
import math
from collections import Counter
from dataclasses import dataclass, replace
from statistics import fmean, median, variance

import numpy as np

from agent.catalog.foresight import HORIZON, smallest_team, units_needed
from agent.catalog.trial_shapes import Before, Rating, Verdict
from agent.catalog.trials import Trial

BASE, CLIENT_SD, PERSON_SD, PIECE_SD = 3.6, 0.4, 0.4, 0.8
SEED = 20261121
EVEN = 0.3
"""This share of the ratings is spread evenly over the clients, the rest is skewed."""


@dataclass(frozen=True)
class Team:
    """Who rates, and what there is to find."""

    clients: int
    share: float
    effect: float = 0.0
    each: int = 6
    """Ratings a client, on average."""
    before: int = 4
    people: int = 5
    drift: float = 0.0
    spreads: float = 0.0
    """How much more the candidate's pieces differ among each other (sd, points)."""


class Office:
    """One simulated team's life, rating by rating."""

    def __init__(self, team: Team, rng: np.random.Generator) -> None:
        """Draw who is there and who is in which arm."""
        self._team, self._rng = team, rng
        self._clients = rng.normal(0, CLIENT_SD, team.clients)
        self._people = rng.normal(0, PERSON_SD, team.people)
        self._arms = rng.random(team.clients) < team.share
        self._own = [
            rng.choice(team.people, min(2, team.people), replace=False)
            for _ in range(team.clients)
        ]

    def trial(self) -> Trial:
        """All the ratings of one test."""
        team, rng = self._team, self._rng
        total = team.clients * team.each
        skewed = rng.dirichlet(np.ones(team.clients))
        busy = (1 - EVEN) * skewed + EVEN / team.clients
        order = rng.choice(team.clients, total, p=busy)
        ratings = [self._rating(int(who), at / total) for at, who in enumerate(order)]
        return Trial(ratings, self._before())

    def _before(self) -> dict[str, Before]:
        if not self._team.before:
            return {}
        return {
            str(who): Before(
                fmean(self._score(who, self._rater(who)) for _ in range(n)), n
            )
            for who in range(self._team.clients)
            for n in (self._team.before,)
        }

    def _rating(self, who: int, when: float) -> Rating:
        is_new, rater = bool(self._arms[who]), self._rater(who)
        more = self._team.effect if is_new else 0.0
        more -= self._team.drift * when
        wild = self._team.spreads if is_new else 0.0
        score = self._score(who, rater, more, wild)
        return Rating(str(who), is_new, self._team.share, str(rater), score)

    def _rater(self, who: int) -> int:
        return int(self._rng.choice(self._own[who]))

    def _score(
        self, who: int, rater: int, more: float = 0.0, wild: float = 0.0
    ) -> float:
        piece = self._rng.normal(0, math.hypot(PIECE_SD, wild))
        latent = BASE + self._clients[who] + self._people[rater] + more + piece
        return float(np.clip(np.round(latent), 1, 5))


def peeking(trial: Trial) -> bool:
    """Whether a t-test of the ratings, looked at after each, lets the candidate win.

    What is often done; here to be compared with.
    """
    new: list[float] = []
    old: list[float] = []
    for one in trial.ratings:
        (new if one.candidate else old).append(one.score)
        if min(len(new), len(old)) < 5:  # noqa: PLR2004 - as few as anybody would take
            continue
        spread = variance(new) / len(new) + variance(old) / len(old)
        if spread and (fmean(new) - fmean(old)) / math.sqrt(spread) > 1.645:  # noqa: PLR2004 - 5 %, one-sided
            return True
    return False


def simulate(team: Team, tests: int, seed: int = SEED) -> list[tuple[Verdict, int]]:
    """The first verdict of each test, and after how many ratings it came."""
    rng = np.random.default_rng(seed)
    return [Office(team, rng).trial().verdict for _ in range(tests)]


def line(name: str, team: Team, tests: int) -> str:
    """One line of the table."""
    found = simulate(team, tests)
    counts = Counter(verdict for verdict, _ in found)
    shares = [
        f"{100 * counts[verdict] / tests:5.1f} %"
        for verdict in ("better", "worse", "same", "imbalanced", "none")
    ]
    wanted = "worse" if team.effect < 0 else "better"
    after = [at for verdict, at in found if verdict == wanted]
    took = f"{median(after):.0f}" if after and team.effect else "-"
    return f"| {name} | {tests} | {' | '.join(shares)} | {took} |"


HEAD = """
| {} | tests | better | worse | same | imbalanced | no verdict | median ratings |
|---|---|---|---|---|---|---|---|"""


def nothing(tests: int) -> None:
    """Candidates that change nothing."""
    print(HEAD.format("no difference"))
    for clients, share in ((12, 0.5), (40, 0.5), (40, 0.2), (150, 0.2)):
        name = f"{clients} clients, {share:.0%}"
        print(line(name, Team(clients, share), tests), flush=True)
    team = Team(40, 0.5)
    others = {
        "raters grow stricter": replace(team, drift=0.6),
        "nothing from before": replace(team, before=0),
        "two people rate everything": replace(team, people=2),
        "30 ratings a client": replace(team, each=30),
        "same mean, wilder (sd +0.8), 20%": replace(team, share=0.2, spreads=0.8),
    }
    for name, one in others.items():
        print(line(f"40 clients, {name}", one, tests), flush=True)
    rng = np.random.default_rng(SEED)
    wrong = sum(peeking(Office(team, rng).trial()) for _ in range(tests))
    share = 100 * wrong / tests
    print(f"\nA t-test of single ratings, looked at after each: {share:.1f} % wrong.")


def something(tests: int) -> None:
    """Candidates that are better, and some that do harm."""
    print(HEAD.format("a known difference"))
    for effect in (0.25, 0.5, 0.75, 1.0):
        for clients, share in ((12, 0.5), (24, 0.5), (60, 0.5), (60, 0.2), (150, 0.2)):
            name = f"+{effect}, {clients} clients, {share:.0%}"
            print(line(name, Team(clients, share, effect), tests), flush=True)
    print(HEAD.format("harm"))
    for effect in (-0.5, -1.0, -1.5):
        for clients, share in ((12, 0.5), (24, 0.5), (24, 0.2), (60, 0.2)):
            name = f"{effect}, {clients} clients, {share:.0%}"
            print(line(name, Team(clients, share, effect), tests), flush=True)


def smallest() -> None:
    """How small a team may be."""
    print("\n| candidate's share | can end from | +0.5 points: about | +1.0: about |")
    print("|---|---|---|---|")
    for share in (0.1, 0.2, 0.3, 0.5):
        half, whole = (units_needed(share, effect) for effect in (0.5, 1.0))
        shown = [f">= {n}" if n >= HORIZON else str(n) for n in (half, whole)]
        print(f"| {share:.0%} | {smallest_team(share)} units | {' | '.join(shown)} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=2000, help="without a difference")
    parser.add_argument("--found", type=int, default=300, help="with a difference")
    asked = parser.parse_args()
    smallest()
    nothing(asked.tests)
    something(min(asked.found, asked.tests))


if __name__ == "__main__":
    main()
