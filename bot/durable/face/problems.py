"""Refusals of the face, each with its status and its JSON."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Problem(Exception):
    """A request that is not served; ``message`` says why and what to do."""

    def __init__(self, status: int, message: str, **facts: Any) -> None:
        """Keep the status, the words, and what else the answer tells."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.facts = facts


async def answer(_request: Request, problem: Exception) -> Response:
    """Return the problem as SDKs read it."""
    if not isinstance(problem, Problem):
        raise problem
    told = {"error": problem.message, "status": problem.status, **problem.facts}
    return JSONResponse(told, problem.status)
