"""All pages of the console, in one router."""

from fastapi import APIRouter

from bot.web.console import (
    audit,
    clients,
    keys,
    members,
    outputs,
    overview,
    runs,
    settings,
    skill,
    skills,
    usage,
)

PAGES = (
    *(overview, runs, outputs, skills, skill, clients),
    *(members, keys, usage, audit, settings),
)


def router() -> APIRouter:
    """Build ``/console/...``; the app's state must hold a `door.Door`."""
    api = APIRouter()
    for page in PAGES:
        api.include_router(page.api)
    return api
