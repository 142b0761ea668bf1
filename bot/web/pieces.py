"""``/pieces/<token>``: a finished piece for whoever was given its link."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from agent.errors import AgentError
from agent.ports import Objects
from bot.links import PATH, Links


def router(links: Links, objects: Objects) -> APIRouter:
    """Build the route; a link that is no good is told why in one line."""
    api = APIRouter()

    @api.get(f"{PATH}/{{token}}")
    async def piece(token: str) -> Response:
        try:
            found = links.read(token)
            body = await objects.get(found.storage_key)
        except AgentError as refused:
            return PlainTextResponse(refused.said, status_code=refused.status)
        return Response(
            body,
            media_type="text/markdown; charset=utf-8",
            headers={
                "content-disposition": f'attachment; filename="{_ascii(found.name)}"',
                "x-robots-tag": "noindex",
            },
        )

    return api


def _ascii(name: str) -> str:
    return "".join(
        c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name
    )
