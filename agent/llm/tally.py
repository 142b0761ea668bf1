"""What a call has cost so far, while its answer is still being written."""

from dataclasses import replace

from agent.llm.port import (
    Calling,
    Completion,
    Delta,
    ModelFailed,
    Piece,
    Spent,
    Thinking,
    Usage,
)

BYTES_PER_TOKEN = 3
"""Prose of current tokenizers: 3 to 4 bytes of UTF-8 a token, the low end here."""


def likely_tokens(size_bytes: int) -> int:
    """Return about how many tokens prose of ``size_bytes`` is, rounded up."""
    return -(-size_bytes // BYTES_PER_TOKEN)


def added(a: Usage, b: Usage) -> Usage:
    """Return the sum, count by count."""
    return Usage(
        a.input_tokens + b.input_tokens,
        a.cache_read_tokens + b.cache_read_tokens,
        a.cache_write_5m_tokens + b.cache_write_5m_tokens,
        a.cache_write_1h_tokens + b.cache_write_1h_tokens,
        a.output_tokens + b.output_tokens,
    )


class Tally:
    """Adds up one or more calls; ``usage`` may be read at any moment.

    A provider counts the input when a stream begins but the output only when it ends.
    So for a call that was cut, the output is what the provider last said, or our
    estimate of what arrived, whichever is more.
    """

    def __init__(self) -> None:
        """Start at nothing."""
        self._settled = Usage()
        self._said = Usage()
        self._shown_bytes = 0

    @property
    def usage(self) -> Usage:
        """All tokens so far."""
        output = max(self._said.output_tokens, likely_tokens(self._shown_bytes))
        return added(self._settled, replace(self._said, output_tokens=output))

    def see(self, piece: Piece) -> None:
        """Count ``piece`` of the call now streaming."""
        match piece:
            case Delta(text) | Thinking(text) | Calling(text):
                self._shown_bytes += len(text.encode())
            case Spent(usage):
                self._said = usage
            case Completion(usage=usage):
                self.settle(usage)

    def fail(self, failed: ModelFailed) -> None:
        """End the call that failed; what it knows beats what we saw."""
        if failed.usage != Usage():
            self.settle(failed.usage)

    def settle(self, usage: Usage) -> None:
        """End the current call at ``usage``; further pieces belong to the next one."""
        self._settled = added(self._settled, usage)
        self._said, self._shown_bytes = Usage(), 0
