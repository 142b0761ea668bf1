"""What can be wrong with a test of versions."""

from agent.errors import BadInput, Conflict, NotFound


class WeightsDontSum(BadInput):
    """Shares of a test that are no whole."""

    code = "weights_dont_sum"

    def __init__(self, percent: int, rest: int) -> None:
        """Say what they come to."""
        super().__init__(
            f"{percent} % and {rest} % make {percent + rest} %; "
            "the shares of a test have to sum to 100.",
            hint=f"Say {percent} % and {max(0, 100 - percent)} %, or one share alone.",
        )


class NoShare(BadInput):
    """A share that leaves one side without work."""

    code = "no_share"

    def __init__(self, percent: int) -> None:
        """Say what is possible."""
        super().__init__(
            f"{percent} % leaves nothing to compare: both versions need some work.",
            hint="Between 1 and 99; 50 % ends soonest, 20 % risks less.",
        )


class AlreadyInForce(Conflict):
    """A version that is to be tried against itself."""

    code = "already_in_force"

    def __init__(self, skill: str, version: str) -> None:
        """Name it."""
        super().__init__(
            f"{skill} {version} is in force already: there is nothing to compare it "
            "with.",
            hint=f"/versions {skill} lists the others.",
        )


class TestRunning(Conflict):
    """A second test of a skill."""

    __test__ = False  # pytest: a test of versions
    code = "test_running"

    def __init__(self, skill: str, version: str) -> None:
        """Name the first."""
        super().__init__(
            f"{skill} {version} is being tested already, and two tests of one skill "
            "would spoil each other.",
            hint="Say 'stop the test' first.",
        )


class NoTest(NotFound):
    """There is no such test, or none runs."""

    code = "no_test"

    def __init__(self, skill: str = "") -> None:
        """Say how one begins."""
        which = f" of {skill}" if skill else ""
        super().__init__(
            f"No test{which} is running.",
            hint="'test copywriting 1.1.0 on 20 %' begins one; /tests lists them.",
        )


class WhichTest(BadInput):
    """Several tests run."""

    code = "which_test"

    def __init__(self, skills: list[str]) -> None:
        """Name them."""
        listed = ", ".join(skills)
        super().__init__(
            f"Several tests are running: {listed}.",
            hint=f"Name one: stop the test of {skills[0]}",
        )


class Pinned(Conflict):
    """A test of versions for a client whose work goes by one of them for good."""

    code = "pinned"

    def __init__(self, skill: str, client: str) -> None:
        """Say how it becomes possible."""
        super().__init__(
            f"{client} is pinned to one version of {skill}, so nothing is drawn there.",
            hint=f"Say 'unpin {skill} for {client}' first.",
        )


class Overtaken(Conflict):
    """A test of a version against one that is in force no more."""

    code = "test_overtaken"

    def __init__(self, skill: str, version: str, control: str) -> None:
        """Say how it is tried all the same."""
        super().__init__(
            f"That test compared {skill} {version} with {control}, which is not in "
            "force any more.",
            hint=f"Begin a new one: test {skill} {version} on 20 %.",
        )


class TestOver(Conflict):
    """A test that has come to its end."""

    __test__ = False
    code = "test_over"

    def __init__(self, skill: str) -> None:
        """Name it."""
        super().__init__(
            f"That test of {skill} has ended already.",
            hint="/tests shows what came of it.",
        )
