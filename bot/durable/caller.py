"""Calls a run's function for one job, over the SDK's protocol and in-process ASGI."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import fastapi
import inngest
import inngest.fast_api

from bot.durable import asgi, protocol
from bot.durable.functions import Plan
from bot.durable.protocol import Call, Errored, Outcome, error_of
from bot.durable.queue import Job
from db import faultpoints

faultpoints.declare("engine.before_call", "engine.after_call", "engine.failure_handler")

PATH = "/api/inngest"


class Caller:
    """The functions, served to nobody but this process."""

    def __init__(
        self,
        client: inngest.Inngest,
        functions: Sequence[inngest.Function[Any]],
        plans: Mapping[str, Plan],
        patience: timedelta,
    ) -> None:
        """Serve ``functions``; a call longer than ``patience`` counts as failed."""
        self._app = fastapi.FastAPI(openapi_url=None)
        self._plans = plans
        self._patience_s = patience.total_seconds()
        inngest.fast_api.serve(self._app, client, list(functions), serve_path=PATH)
        # What functions raise is kept on the run; the SDK would log it a second time.
        client.logger.setLevel(logging.CRITICAL)

    async def call(self, job: Job) -> Outcome:
        """Return what came of it; whatever the function does, there is an outcome."""
        plan = self._plans[job.function_id]
        faultpoints.reach("engine.before_call")
        if plan.on_failure_of:
            faultpoints.reach("engine.failure_handler")
        try:
            async with asyncio.timeout(self._patience_s):
                answer = await self._post(job, plan)
        except TimeoutError:
            message = f"The call took longer than {self._patience_s:.0f} s."
            return Errored(error_of("TimedOut", message))
        except Exception as error:  # noqa: BLE001 - the edge of foreign code
            return Errored(error_of(type(error).__name__, str(error)))
        faultpoints.reach("engine.after_call")
        return protocol.read(answer)

    async def _post(self, job: Job, plan: Plan) -> asgi.Answer:
        call = Call(
            run_id=str(job.run_id),
            function_id=job.function_id,
            step_id=job.step_id,
            attempt=job.attempt,
            max_attempts=plan.max_attempts,
            event=job.event,
            memos=job.memos,
            racing=job.racing,
        )
        return await asgi.post(self._app, PATH, call.query(), call.body())
