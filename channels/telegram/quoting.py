"""Words of others that came along with a message: whose they are. Pure."""

from channels.contract import Quoted
from channels.telegram.updates import Answered, Message, Origin


def quoted(
    message: Message, answered: Answered | None, me_id: str
) -> tuple[Quoted, ...]:
    """What others wrote: forwarded, picked out of a message, or answered whole.

    What we said ourselves counts only where a part of it was picked out.
    """
    if message.forward_origin is not None:
        said, author = message.text, _first_author(message.forward_origin)
        return (Quoted(said, author, forwarded=True),) if said else ()
    if message.quote is not None:
        return (Quoted(message.quote.text, _answered_author(message, answered)),)
    if answered is None or not answered.text or _is_ours(answered, me_id):
        return ()
    return (Quoted(answered.text, _answered_author(message, answered)),)


def name(first: str | None, last: str | None) -> str:
    """A person's name in one."""
    return " ".join(part for part in (first, last) if part)


def _answered_author(message: Message, answered: Answered | None) -> str:
    elsewhere = message.external_reply
    if elsewhere is not None and elsewhere.origin is not None:
        return _first_author(elsewhere.origin)
    if answered is None:
        return ""
    user, chat = answered.from_, answered.sender_chat
    if chat is not None:
        return chat.title or ""
    return name(user.first_name, user.last_name) if user else ""


def _first_author(origin: Origin) -> str:
    user, chat = origin.sender_user, origin.sender_chat or origin.chat
    if user is not None:
        return name(user.first_name, user.last_name)
    return origin.sender_user_name or (chat.title if chat else "") or ""


def _is_ours(answered: Answered, me_id: str) -> bool:
    return answered.from_ is not None and str(answered.from_.id) == me_id
