"""Why the embedded PostgreSQL may refuse to start, each with what to do."""

from pathlib import Path


class ServerError(Exception):
    """A refusal safe to show: ``message`` is what happened, ``hint`` what to do."""

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep both halves."""
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


class Unsupported(ServerError):
    """The bundled PostgreSQL does not run on this system."""


class InUse(ServerError):
    """Another Draper holds the data folder."""

    def __init__(self, home: Path, pid: str) -> None:
        """Name the folder and its holder."""
        super().__init__(
            f"Draper already runs on {home} (process {pid}).",
            hint=f"Stop it (`kill {pid}`), or set DRAPER_HOME to another folder.",
        )
        self.pid = pid


class WrongVersion(ServerError):
    """The folder was made by another major version of PostgreSQL."""


class WrongOwner(ServerError):
    """The folder, or a part of it, belongs to another user."""


class DiskFull(ServerError):
    """The data folder's disk has no room."""


class PathTooLong(ServerError):
    """No place for a socket: its path would pass the system's limit."""


class Damaged(ServerError):
    """The data folder lacks something the database cannot do without."""


class CannotStart(ServerError):
    """PostgreSQL ended again and again; its own last words are in the message."""
