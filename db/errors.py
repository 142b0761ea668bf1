"""Why a database may be refused, each with what to do."""


class SchemaError(Exception):
    """A refusal safe to show: ``message`` is what is wrong, ``hint`` what to do."""

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep both halves."""
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


class TooNew(SchemaError):
    """A newer Draper has migrated this database."""


class Outdated(SchemaError):
    """Migrations are pending."""


class HalfApplied(SchemaError):
    """The tables and the noted revision do not fit together."""


class NotPrepared(SchemaError):
    """What only an administrator can make is lacking: roles, or pgvector."""


class Busy(SchemaError):
    """Another session held a table for too long; nothing was changed."""
