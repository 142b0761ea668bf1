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
from bot.surfaces import chat, forms
from channels.contract import ChatKind, Inbound, Received
from channels.forms import SECRET

MAYBE = "maybe"
"""Names a message that may be a key as a whole, or may be just a long word."""
LIKE_A_KEY, DIGITS = 32, 2
"""What a long word must have for us to ask whether it is one."""
_NAMED = re.compile(r"\b(?:key|token|secret|password)\b", re.IGNORECASE)
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
    if (named := _named(text, in_private=in_private)) is not None:
        return text.replace(named, recognise.REMOVED), {"0:": named}
    whole = recognise.suspect(text) if in_private else None
    if whole is not None:
        return recognise.REMOVED, {MAYBE: whole.secret}
    return text, {}


def like_a_key(word: str) -> bool:
    """Whether a long word looks like a key that nobody has a pattern for."""
    digits = sum(c.isdigit() for c in word)
    mixed = word != word.lower() and word != word.upper()
    is_hex = all(c in "0123456789abcdef" for c in word)
    return len(word) >= LIKE_A_KEY and digits >= DIGITS and (mixed or is_hex)


def _named(text: str, *, in_private: bool) -> str | None:
    """The key in a message that says it is one: ``/key mistral aB3...``."""
    words = text.split()
    if len(words) == 1:
        return None
    takes_one = _takes_key(text)
    if not takes_one and not (in_private and _NAMED.search(text)):
        return None
    long = (one for one in words if recognise.suspect(one))
    return next((one for one in long if takes_one or like_a_key(one)), None)


def _takes_key(text: str) -> bool:
    said = chat.words(text)
    call = chat.read(said) if said else None
    return call is not None and bool(forms.secrets_of(call.op))


def _holds(body: bytes) -> bool:
    raw = body.decode("utf-8", "replace")
    plain = unquote_plus(raw)
    # Mostly they are one text, and looking is what keeping a message takes longest.
    return any(recognise.holds(text) for text in {raw, _unescaped(plain)})


def _unescaped(text: str) -> str:
    signs = {"n": "\n", "r": "\r", "t": "\t", "/": "/"}
    return _ESCAPED.sub(
        lambda one: chr(int(one[1], 16)) if one[1] else signs[one[2]], text
    )


def _bound(inbound: Inbound, name: str) -> bytes:
    parts = (inbound.channel, inbound.account, inbound.event_id, name)
    return "|".join(("inbox", *parts)).encode("utf-8", "backslashreplace")
