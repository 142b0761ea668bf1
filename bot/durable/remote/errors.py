"""What an Inngest server may answer instead, sorted by what helps."""

from agent.errors import Unavailable


class InngestError(Unavailable):
    """It did not do what we asked."""


class Away(InngestError):
    """No answer, or a fault of its own: the same request may pass later."""

    def __init__(self, message: str, *, wait_s: float = 0) -> None:
        """Say why, and how long it asked us to wait."""
        super().__init__(message, hint="It is tried again by itself.")
        self.wait_s = wait_s


class Denied(InngestError):
    """It takes nothing from us until somebody changes a setting."""


class Rejected(InngestError):
    """It will never take this very request; others pass."""
