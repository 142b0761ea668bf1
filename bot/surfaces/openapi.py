"""The OpenAPI 3.1 document of the REST surface, made from the catalogue.

Source: https://spec.openapis.org/oas/v3.1.1
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from agent.identity.repeats import LONGEST
from agent.operation import Effect, Surface
from agent.registry import AnyOperation, on
from agent.shapes import Accepted
from bot.surfaces.problems import MEDIA
from bot.surfaces.rest import PREFIX, methods

VERSION = "1"
REF = "#/components/schemas/{model}"

INTRO = """\
Everything that can be asked of Draper, by name. Send `POST /v1/<operation>` with the
parameters as one JSON object; what only reads can also be had with `GET` and a query.

**Keys.** `/key new <name>` in a private chat makes one; send it as
`Authorization: Bearer <key>`, and nowhere else. A key may do what its scopes say, and
never more than the person it belongs to.

**Doing it once.** With an `Idempotency-Key`, the same request sent again within a day
returns the first answer, marked `Idempotency-Replayed: true`.

**Pages.** Lists take `limit` and `cursor`; pass `next_cursor` as it came.

**Approvals.** What cannot be undone answers 409 with an `approval_id`. Once a person
has approved it, send the same request again with `Draper-Approval: <id>`.

**Quotas.** `RateLimit-Policy` tells them, `RateLimit` what is left; after a 429 wait as
long as `Retry-After` says.

**Refusals** are `application/problem+json`: `code` is stable, `detail` says what
happened, `hint` what to do next.
"""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457): what happened, and what to do next.",
    "required": ["type", "title", "status", "detail", "code", "hint", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Where this code is explained"},
        "title": {"type": "string", "description": "The status in words"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "What happened"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "hint": {"type": "string", "description": "What to do next; may be empty"},
        "retryable": {"type": "boolean", "description": "The same may work later"},
        "request_id": {"type": "string", "description": "Tell it when you ask us"},
        "errors": {
            "type": "array",
            "description": "Each place that does not fit",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where"},
                    "detail": {"type": "string", "description": "What is wrong"},
                },
            },
        },
        "approval_id": {"type": "string", "description": "What waits for a yes"},
        "operation": {"type": "string", "description": "The call that waits"},
    },
}

REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No live API key came with it.",
    "402": "A spending limit is reached.",
    "403": "The role or the key's scopes do not cover it.",
    "404": "There is no such thing in this workspace.",
    "405": "That method is not for this.",
    "409": "It has moved on, waits for an approval, or is being worked on.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The parameters do not fit.",
    "429": "A quota of requests is used up.",
    "500": "Something nobody expected.",
    "502": "The model's provider will not take the call.",
    "503": "Somebody else's service failed; try again.",
}

HEADERS = {
    "RateLimit-Policy": "The quotas: q requests in w seconds",
    "RateLimit": "What is left of each: r requests, whole again in t seconds",
    "Request-Id": "Names this request in our logs",
}


def document(public_url: str) -> dict[str, Any]:
    """The whole document; ``public_url`` is where programs reach it."""
    offered = list(on(Surface.REST))
    names, schemas = _schemas(offered)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Draper", "version": VERSION, "description": INTRO},
        "servers": [{"url": public_url or "/"}],
        "security": [{"key": []}],
        "tags": [{"name": room} for room in dict.fromkeys(map(room_of, offered))],
        "paths": {
            f"{PREFIX}{op.name}": dict(_ways(op, names, schemas)) for op in offered
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Problem": PROBLEM},
            "headers": {name: _header(says) for name, says in HEADERS.items()},
            "responses": {
                status: _refusal(status, says) for status, says in REFUSALS.items()
            },
        },
    }


def room_of(op: AnyOperation) -> str:
    """The room that an operation is asked of."""
    return op.name.partition(".")[0]


def _schemas(
    offered: list[AnyOperation],
) -> tuple[dict[tuple[type[BaseModel], str], Any], dict[str, Any]]:
    taken: list[tuple[type[BaseModel], Any]] = []
    for op in offered:
        taken += [(op.params, "validation"), (op.result, "serialization")]
    names, found = models_json_schema(list(dict.fromkeys(taken)), ref_template=REF)
    by_model: dict[Any, Any] = {
        (model, str(mode)): at for (model, mode), at in names.items()
    }
    return by_model, _spoken(found["$defs"])


def _spoken(schema: Any) -> Any:
    """The schema without ``format: time``, which asks for a zone that ours have not."""
    if isinstance(schema, list):
        return [_spoken(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _spoken(one) for name, one in schema.items()}
    if told.get("format") == "time":
        del told["format"]
        told["pattern"] = r"^\d\d:\d\d(:\d\d(\.\d+)?)?$"
    return told


def _ways(
    op: AnyOperation,
    names: Mapping[tuple[type[BaseModel], str], Any],
    schemas: Mapping[str, Any],
) -> Iterator[tuple[str, Any]]:
    takes = names[op.params, "validation"]
    told = _told(op, names[op.result, "serialization"])
    body: dict[str, Any] = {"schema": takes}
    if op.example:
        body["example"] = dict(op.example)
    yield (
        "post",
        {
            **told,
            "operationId": op.name,
            "parameters": [*_headers(op)],
            "requestBody": {
                "required": _has_required(op),
                "content": {"application/json": body},
            },
        },
    )
    if "GET" in methods(op):
        schema = schemas[takes["$ref"].rpartition("/")[2]]
        query = [*_query(schema, op.example)]
        yield "get", {**told, "operationId": f"{op.name}.get", "parameters": query}


def _told(op: AnyOperation, result: Mapping[str, Any]) -> dict[str, Any]:
    first, _, rest = op.summary.partition("\n")
    says, _, _ = rest.partition("Raises:")
    status, done = (
        ("202", "It goes on; Location tells where to look.")
        if issubclass(op.result, Accepted)
        else ("200", "Done.")
    )
    return {
        "summary": first,
        "description": says.strip() or first,
        "tags": [room_of(op)],
        "x-effect": op.effect.value,
        "x-role": op.role.name.lower(),
        "responses": {
            status: {
                "description": done,
                "headers": {
                    name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS
                },
                "content": {"application/json": {"schema": dict(result)}},
            },
            **{
                status: {"$ref": f"#/components/responses/{status}"}
                for status in REFUSALS
            },
        },
    }


def _query(
    schema: Mapping[str, Any], example: Mapping[str, object]
) -> Iterator[dict[str, Any]]:
    required = schema.get("required", ())
    for name, declared in schema.get("properties", {}).items():
        told: dict[str, Any] = {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": declared.get("description", ""),
            "schema": _sayable(declared),
        }
        yield told | ({"example": example[name]} if name in example else {})


def _sayable(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null, which a query cannot say."""
    kept = {
        name: told
        for name, told in declared.items()
        if not (name == "default" and told is None)
    }
    if "anyOf" in kept:
        left = [one for one in kept.pop("anyOf") if one.get("type") != "null"]
        kept |= left[0] if len(left) == 1 else {"anyOf": left}
    return kept


def _headers(op: AnyOperation) -> Iterator[dict[str, Any]]:
    if op.effect is not Effect.READ:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Sent again with it, the request is done once",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST,
                "pattern": "^[!-~]+$",
            },
        }
    if op.effect is Effect.DESTROY:
        yield {
            "name": "Draper-Approval",
            "in": "header",
            "required": False,
            "description": "The approval_id of the 409, once a person approved",
            "schema": {"type": "string", "format": "uuid"},
        }


def _has_required(op: AnyOperation) -> bool:
    return any(one.is_required() for one in op.params.model_fields.values())


def _header(says: str) -> dict[str, Any]:
    return {"description": says, "schema": {"type": "string"}}


def _refusal(status: str, says: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": says,
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    headers = {"401": "WWW-Authenticate", "405": "Allow", "429": "Retry-After"}
    if status in headers:
        told["headers"] = {headers[status]: {"schema": {"type": "string"}}}
    return told
