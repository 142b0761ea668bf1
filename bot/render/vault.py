"""What is said about keys of models and services."""

from collections.abc import Callable, Mapping
from typing import Any

from agent.mailroom.schemas import Choice, Message
from agent.ports import Tried
from agent.vault.providers import PROVIDERS
from agent.vault.schemas import (
    DroppedKey,
    KeptKey,
    KeptKeys,
    KeyLine,
    RemovedKey,
    RotatedWorkspaceKey,
    TestedKey,
)

TRIED: Mapping[Tried, str] = {
    "ok": "One test call: ok.",
    "refused": "One test call: refused. The key is wrong or was revoked.",
    "no_credit": (
        "One test call: the key is good, but there is no credit left on the account."
    ),
    "limited": "One test call: the key is good; the account is at its rate limit.",
    "unreachable": (
        "I could not try it: the service did not answer. /key test tries again."
    ),
    "untested": "I could not try it with a call that costs nothing.",
}
STATUS = {
    "active": "in use",
    "error": "failing",
    "expiring": "expires soon",
    "expired": "expired",
    "revoked": "revoked",
    "disabled": "off",
}


def kept(result: KeptKey) -> Message:
    """A key was kept, or was refused and is not."""
    name = _name(result.provider, result.hint)
    retry = Choice("Try another key", "vault.keep", {"provider": result.provider})
    if not result.is_kept:
        where = PROVIDERS[result.provider].where
        said = (
            f"{result.title} refuses this key, so I did not keep it. "
            f"Look at {where} whether it is still good."
        )
        return Message(said, choices=(retry,))
    stored = "Replaced. Stored as" if result.replaced else "Stored as"
    buttons = (
        Choice("Test again", "vault.test", {"provider": result.provider}),
        Choice("All keys", "vault.list"),
    )
    return Message(f"{stored} {name}. {TRIED[result.tried]}", choices=buttons)


def tested(result: TestedKey) -> Message:
    """What a test call showed."""
    said = f"{_name(result.provider, result.hint)}: {TRIED[result.tried]}"
    if result.tried == "ok":
        return Message(said, choices=(Choice("All keys", "vault.list"),))
    replace = Choice("Replace it", "vault.rotate", {"provider": result.provider})
    again = Choice("Test again", "vault.test", {"provider": result.provider})
    return Message(said, choices=(replace, again))


def listed(result: KeptKeys) -> Message:
    """The keys there are."""
    add = Choice("Add a key", "vault.keep", row=9)
    if not result.keys:
        said = (
            "No keys of yours are kept here. With a key of your own the model's costs "
            "go on your own account."
        )
        return Message(said, choices=(add,))
    lines = "\n".join(f"- {_line(key)}" for key in result.keys)
    said = f"**Keys of this workspace**\n\n{lines}\n\n_Nobody can read them here._"
    return Message(said, choices=(add,))


def removed(result: RemovedKey) -> Message:
    """A key is gone."""
    where = PROVIDERS[result.provider].where
    return Message(
        f"The key of {result.title} is gone from here. To end it for good, revoke it "
        f"at {where}."
    )


def dropped(_: DroppedKey) -> Message:
    """A pasted key was forgotten."""
    return Message("Forgotten. I kept nothing of it.")


def resealed(result: RotatedWorkspaceKey) -> Message:
    """The workspace's key was changed."""
    count = result.resealed
    kept = f"{count} kept key{'' if count == 1 else 's'}"
    return Message(f"Done: a new seal, and {kept} sealed anew under it.")


def _line(key: KeyLine) -> str:
    parts = [f"**{key.title}** {_dots(key.hint)}", STATUS.get(key.status, key.status)]
    if key.client:
        parts.append(f"for {key.client} alone")
    parts.append(f"added {key.added_at:%-d %b %Y}")
    if key.last_used_at:
        parts.append(f"last used {key.last_used_at:%-d %b %Y}")
    return ", ".join(parts)


def _name(provider: str, hint: str) -> str:
    return f"{provider} {_dots(hint)}".strip()


def _dots(hint: str) -> str:
    return f"...{hint}" if hint else ""


WORDS: dict[type, Callable[[Any], Message]] = {
    KeptKey: kept,
    TestedKey: tested,
    KeptKeys: listed,
    RemovedKey: removed,
    DroppedKey: dropped,
    RotatedWorkspaceKey: resealed,
}
