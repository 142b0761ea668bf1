"""The tables, by room; the migrations build them, never ``create_all``."""

from db.tables import (
    billing,
    catalog,
    clients,
    experiments,
    history,
    identity,
    mailroom,
    memory,
    outcomes,
    runs,
    vault,
)

__all__ = [
    "billing",
    "catalog",
    "clients",
    "experiments",
    "history",
    "identity",
    "mailroom",
    "memory",
    "outcomes",
    "runs",
    "vault",
]
