"""Operations as MCP tools: names, schemas, hints, and what they answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel

from agent.errors import AgentError, BadInput
from agent.operation import Effect
from agent.registry import AnyOperation

APPROVAL = "approval_id"
_OUTSIDE = frozenset({Effect.SEND, Effect.PUBLISH})


def tool_name(op: AnyOperation) -> str:
    """The operation's name as every client takes it: ``clients_show``."""
    return op.name.replace(".", "_")


def tool(op: AnyOperation) -> Tool:
    """The operation as a client lists it; the hints come from its effect."""
    first, _, _ = op.summary.partition("\n")
    return Tool(
        name=tool_name(op),
        title=op.name,
        description=first,
        input_schema=_takes(op),
        output_schema=op.result.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            title=first.rstrip("."),
            read_only_hint=op.effect is Effect.READ,
            destructive_hint=op.effect is Effect.DESTROY,
            idempotent_hint=op.effect is Effect.READ,
            open_world_hint=op.effect in _OUTSIDE or op.reads_outside,
        ),
    )


def split(given: Mapping[str, Any]) -> tuple[dict[str, Any], UUID | None]:
    """The operation's own parameters, and the approval that came with them.

    Raises:
        BadInput: The approval is no id.
    """
    raw = dict(given)
    told = raw.pop(APPROVAL, None)
    try:
        return raw, UUID(str(told)) if told else None
    except ValueError as error:
        raise BadInput(
            f"{APPROVAL} is no approval's id.", hint="Pass it as it was told."
        ) from error


def done(result: BaseModel) -> CallToolResult:
    """What an operation answered: as data, and as text for clients that read none."""
    return CallToolResult(
        content=[TextContent(type="text", text=result.model_dump_json())],
        structured_content=result.model_dump(mode="json"),
    )


def refused(error: AgentError) -> CallToolResult:
    """A refusal the model can act on: what happened, and what to do next."""
    again = " The same call may work later." if error.retryable else ""
    said = f"{error.said}{again} ({error.code})"
    return CallToolResult(content=[TextContent(type="text", text=said)], is_error=True)


def _takes(op: AnyOperation) -> dict[str, Any]:
    schema: dict[str, Any] = op.params.model_json_schema()
    if op.effect is Effect.READ:
        return schema
    approval = {
        "type": "string",
        "format": "uuid",
        "description": "Only to repeat a call that a person has approved meanwhile",
    }
    properties = {**schema.get("properties", {}), APPROVAL: approval}
    return {**schema, "properties": properties}
