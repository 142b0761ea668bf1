"""Which topic of /help a command belongs to, and what the topic is about.

A room's commands share a topic; what belongs elsewhere is listed by name.
"""

from collections.abc import Mapping

from agent.identity.help_operations import Topic
from agent.registry import AnyOperation

ABOUT: Mapping[Topic, str] = {
    Topic.PIECES: "what I write and wrote - `/status`, `/outputs`, `/revise`",
    Topic.SKILLS: "what I can write - `/skills`, or by name: `/copywriting <brief>`",
    Topic.CLIENTS: "whom I write for - `/clients`, `/client new`, `/files`",
    Topic.LEARNING: "what your ratings teach me - `/quality`, `/rule`, `/week`",
    Topic.TEAM: "who works here - `/members`, `/invite`, `/workspaces`",
    Topic.MONEY: "what it costs - `/usage`, `/limit`, `/models`",
    Topic.KEYS: "your own keys of models, and for the API - `/key`, `/keys`",
    Topic.YOU: "your settings and standing rules - `/settings`, `/always`, `/console`",
}

_OF_ROOM: Mapping[str, Topic] = {
    "runs": Topic.PIECES,
    "memory": Topic.PIECES,
    "catalog": Topic.SKILLS,
    "clients": Topic.CLIENTS,
    "billing": Topic.MONEY,
    "vault": Topic.KEYS,
    "identity": Topic.TEAM,
}
_ELSEWHERE: Mapping[Topic, frozenset[str]] = {
    Topic.SKILLS: frozenset({"runs.new_skill", "runs.change_skill"}),
    Topic.CLIENTS: frozenset({"memory.focus"}),
    Topic.LEARNING: frozenset(
        {
            *("catalog.propose_rule", "catalog.propose_after", "catalog.rules"),
            *("catalog.quality", "catalog.unhappy", "catalog.learnt"),
            *("catalog.set_digest", "catalog.start_test", "catalog.tests"),
            *("catalog.stop_test", "catalog.promote"),
            *("runs.feedback", "runs.labels", "runs.rules"),
        }
    ),
    Topic.MONEY: frozenset(
        {"catalog.models", "catalog.compare_model", "catalog.set_fallback"}
    ),
    Topic.KEYS: frozenset(
        {"identity.new_key", "identity.keys", "identity.revoke_key"},
    ),
    Topic.YOU: frozenset(
        {
            *("identity.help", "identity.me", "identity.link", "identity.email"),
            *("identity.confirm", "identity.console", "identity.sessions"),
            *("identity.end_session", "identity.settings", "identity.set_mode"),
            *("identity.set_language", "identity.set_timezone", "identity.set_quiet"),
            *("catalog.instruct", "catalog.forbid", "catalog.instructions"),
            *("catalog.instruct_team", "catalog.forget_instruction"),
        }
    ),
}
_BY_NAME = {name: topic for topic, names in _ELSEWHERE.items() for name in names}


def topic_of(op: AnyOperation) -> Topic:
    """Where /help lists a command."""
    return _BY_NAME.get(op.name) or _OF_ROOM[op.name.partition(".")[0]]
