"""Every operation there is, by name. Add a room here and nowhere else."""

from collections.abc import Iterator
from typing import Any

from agent.catalog.operations import OPERATIONS as CATALOG
from agent.clients.operations import OPERATIONS as CLIENTS
from agent.mailroom.operations import OPERATIONS as MAILROOM
from agent.memory.operations import OPERATIONS as MEMORY
from agent.operation import Operation, Surface
from agent.runs.operations import OPERATIONS as RUNS
from agent.runs.output_operations import OPERATIONS as OUTPUTS
from agent.runs.pause_operations import OPERATIONS as PAUSES

AnyOperation = Operation[Any, Any]

CATALOGUE: tuple[AnyOperation, ...] = (
    *(*CATALOG, *RUNS, *OUTPUTS, *PAUSES),
    *(*CLIENTS, *MEMORY, *MAILROOM),
)

BY_NAME = {op.name: op for op in CATALOGUE}


def on(surface: Surface) -> Iterator[AnyOperation]:
    """Yield the operations that ``surface`` shows, in catalogue order."""
    return (op for op in CATALOGUE if surface in op.on)
