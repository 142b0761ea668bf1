"""No key is ever kept as it was pasted: it is sealed before its event is written down.

The seal is the installation's own, since nobody knows yet whose workspace it will be.
It is bound to the event, and goes when the event has been worked on.
"""

import base64
import re
from dataclasses import replace
from urllib.parse import unquote_plus

from agent import recognise
from agent.ports import Sealer
from agent.vault.keys import CannotOpen
from channels.contract import ChatKind, Inbound, Received
from channels.forms import SECRET

MAYBE = "maybe"
"""Names a message that may be a key as a whole, or may be just a long word."""
_ESCAPED = re.compile(r"\\(?:u00([0-9a-fA-F]{2})|([nrt/]))")


def guarded(event: Received, key: Sealer) -> Received:
    """The event as it may be kept: keys sealed, and no raw body where one was."""
    seen = event.inbound
    if seen is None:
        return replace(event, body=b"") if _holds(event.body) else event
    safe = _sealed(seen, key)
    if safe.sealed or _holds(event.body):
        return replace(event, body=b"", inbound=safe)
    return replace(event, inbound=safe)


def opened(inbound: Inbound, key: Sealer) -> dict[str, str]:
    """The keys that were taken out of an event, by name; what is broken is left out."""
    found = {}
    for name, sealed in inbound.sealed.items():
        try:
            plain = key.unwrap(base64.b64decode(sealed), _bound(inbound, name))
        except CannotOpen:
            continue
        found[name] = plain.decode()
    return found


def _sealed(seen: Inbound, key: Sealer) -> Inbound:
    in_private = seen.chat_kind is ChatKind.PRIVATE
    text, taken = _without_keys(seen.text, in_private=in_private)
    answers: dict[str, str] = {}
    for name, said in seen.answers.items():
        if name.startswith(SECRET):
            taken[name] = said
        else:
            answers[name] = recognise.redact(said)
    seals = {
        name: base64.b64encode(key.wrap(one.encode(), _bound(seen, name))).decode()
        for name, one in taken.items()
    }
    files = tuple(
        replace(one, name=recognise.redact(one.name)) for one in seen.attachments
    )
    quoted = tuple(replace(one, text=recognise.redact(one.text)) for one in seen.quoted)
    return replace(
        seen,
        text=text,
        quoted=quoted,
        answers=answers,
        sealed=seals,
        # What else people give names to, and might paste a key into.
        attachments=files,
        chat_title=recognise.redact(seen.chat_title),
        sender_name=recognise.redact(seen.sender_name),
    )


def _without_keys(text: str, *, in_private: bool) -> tuple[str, dict[str, str]]:
    found = recognise.find(text)
    if found:
        keys = {f"{n}:{one.provider}": one.secret for n, one in enumerate(found)}
        return recognise.without(text, found), keys
    whole = recognise.suspect(text) if in_private else None
    if whole is not None:
        return recognise.REMOVED, {MAYBE: whole.secret}
    return text, {}


def _holds(body: bytes) -> bool:
    raw = body.decode("utf-8", "replace")
    plain = unquote_plus(raw)
    return any(recognise.holds(text) for text in (raw, _unescaped(plain)))


def _unescaped(text: str) -> str:
    signs = {"n": "\n", "r": "\r", "t": "\t", "/": "/"}
    return _ESCAPED.sub(
        lambda one: chr(int(one[1], 16)) if one[1] else signs[one[2]], text
    )


def _bound(inbound: Inbound, name: str) -> bytes:
    parts = (inbound.channel, inbound.account, inbound.event_id, name)
    return "|".join(("inbox", *parts)).encode("utf-8", "backslashreplace")
