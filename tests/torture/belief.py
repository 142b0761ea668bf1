"""What a run must do next, said without the engine."""

from dataclasses import dataclass, replace

ATTEMPTS = 3


@dataclass(frozen=True)
class Belief:
    """What the model holds of one run: ``a``, then a wait, then ``b`` and ``c``."""

    fails: int
    """How many attempts at ``b`` fail, and how many at ``c``."""
    at: str = "a"
    """The step it is at; or how it ended."""
    is_due: bool = True
    attempt: int = 0
    is_blamed: bool = False
    """A worker died with it: the next claim costs an attempt."""
    is_answered: bool = False
    memos: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.at in ("a", "wait", "b", "c")

    def claimed(self) -> "Belief":
        """Return it in the hands of a worker."""
        if not (self.is_open and self.is_due):
            return self
        return replace(self, attempt=self.attempt + self.is_blamed, is_blamed=True)

    def worked(self) -> "Belief":
        """Return it once a worker has done what is due."""
        if not (self.is_open and self.is_due):
            return self
        now = replace(self.claimed(), is_blamed=False)
        return {"a": now._do_a, "wait": now._wake}.get(now.at, now._do)()

    def _do_a(self) -> "Belief":
        if self.attempt >= ATTEMPTS:
            return replace(self, at="failed")
        return replace(self, at="wait", is_due=False, attempt=0, memos=("a",))

    def _wake(self) -> "Belief":
        return replace(self, at="b", attempt=0, memos=("a", "wait"))._do()

    def _do(self) -> "Belief":
        if self.attempt >= ATTEMPTS:
            return replace(self, at="failed")
        done = replace(self, memos=tuple(sorted((*self.memos, self.at))))
        if self.attempt < self.fails:
            if self.attempt + 1 == ATTEMPTS:
                return replace(done, at="failed")
            return replace(self, attempt=self.attempt + 1, is_due=False)
        if self.at == "b":
            return replace(done, at="c", attempt=0)._do()
        return replace(done, at="completed")

    @property
    def output(self) -> list[object] | None:
        """What it returned."""
        return ["a", self.is_answered, "b", "c"] if self.at == "completed" else None
