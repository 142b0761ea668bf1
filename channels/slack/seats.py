"""In whose name a payload reached us: which installation, and our own user there. Pure.

Source: docs.slack.dev/apis/events-api (authorizations),
/enterprise/organization-ready-apps
"""

from channels.slack.wire import Json, items, part, string


def account_of(payload: Json) -> str:
    """Return the team we were reached in, or the organisation we are installed in.

    An event tells by its ``authorizations``: in a channel that several companies share,
    ``team_id`` may be a team that never installed us. What comes by an installation for
    a whole organisation names that one, whatever the team, since its token and its
    people's ids are the organisation's.
    """
    seat = _seat(payload)
    if organisation := _organisation_for(seat, payload):
        return organisation
    return (
        string(seat, "team_id")
        or string(payload, "team_id")
        or string(part(payload, "team"), "id")
        or string(part(payload, "user"), "team_id")
        or _organisation(payload)
    )


def happened_in(payload: Json) -> str:
    """Return the team it happened in, which an organisation has several of."""
    return string(payload, "team_id") or string(part(payload, "team"), "id")


def bot_of(payload: Json) -> str:
    """Return our own user, where the payload names it."""
    seat = _seat(payload)
    return string(seat, "user_id") if seat.get("is_bot") is True else ""


def _seat(payload: Json) -> Json:
    seats = items(payload, "authorizations")
    ours = [seat for seat in seats if seat.get("is_bot") is True]
    return next(iter(ours or seats), {})


def _organisation_for(seat: Json, payload: Json) -> str:
    if not (_is_for_all(seat) or _is_for_all(payload)):
        return ""
    return _organisation(seat) or _organisation(payload)


def _is_for_all(said: Json) -> bool:
    # Commands are forms, whose values are all text.
    marked = said.get("is_enterprise_install")
    return marked is True or marked == "true"


def _organisation(said: Json) -> str:
    return string(said, "enterprise_id") or string(part(said, "enterprise"), "id")
