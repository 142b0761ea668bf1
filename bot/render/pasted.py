"""What is said when somebody pastes a key into a chat."""

from uuid import UUID

from agent.mailroom.schemas import Choice, Message
from agent.recognise import hint
from agent.vault.providers import NOT_OURS, PROVIDERS

SEVERAL = Message(
    "There is more than one key in that message. Send me one at a time, please: "
    "then I know which is whose. I kept none of them."
)


def offer(whose: str, secret: str, row: UUID) -> Message:
    """A key that may be stored, with one press."""
    ref = {"connection_id": str(row)}
    tail = f" ...{hint(secret)}" if hint(secret) else ""
    return Message(
        f"That is a key of {PROVIDERS[whose].title}{tail}. Shall I use it for this "
        "workspace? It waits sealed, for an hour.",
        choices=(
            Choice("Store it as this workspace's key", "vault.store_pasted", ref),
            Choice("Forget it", "vault.drop_pasted", ref, row=1),
        ),
    )


def which(row: UUID) -> Message:
    """Something that looks like a key, of nobody we know."""
    ref = {"connection_id": str(row)}
    choices = [
        Choice(
            one.title, "vault.store_pasted", {**ref, "provider": one.name}, row=at // 3
        )
        for at, one in enumerate(PROVIDERS.values())
    ]
    choices.append(Choice("Forget it", "vault.drop_pasted", ref, row=9))
    return Message(
        "That looks like a key. Whose is it? If it is none, press Forget it and write "
        "it in a sentence.",
        choices=tuple(choices),
    )


def half(whose: str) -> Message:
    """A key that was not copied whole."""
    title, name = PROVIDERS[whose].title, PROVIDERS[whose].name
    return Message(
        f"That is only a part of a key of {title}. Copy it with the copy button, to "
        "its last character, and send it again. I kept nothing of it.",
        choices=(Choice("Enter it in a form", "vault.keep", {"provider": name}),),
    )


def not_ours(whose: str) -> Message:
    """A key we have no use for."""
    return Message(
        f"That is {NOT_OURS[whose]}, which I have no use for, and I did not keep it. "
        "Whoever else could read it may use it: better revoke it."
    )


def not_admin() -> Message:
    """A key from somebody who may not store one."""
    return Message(
        "That is a key, and only an admin of this workspace can store one. I did not "
        "keep it. If others could see it, better revoke it."
    )


def in_group(whose: str) -> Message:
    """A key where others read along."""
    found = PROVIDERS.get(whose)
    where = f" at {found.where}" if found else ""
    return Message(
        "A key was posted here, where others can read it. Please **revoke it now**"
        f"{where} and make a new one. I did not keep it. Send keys to me in private, "
        "with /key."
    )


def deleted(channel: str, *, gone: bool) -> str:
    """What became of the message itself."""
    if gone:
        return "I have deleted your message."
    if channel == "slack":
        return (
            "Slack lets no app delete what you wrote: please delete your message "
            "yourself."
        )
    if channel in {"web", "terminal"}:
        return "It is taken out of what is kept of this chat."
    return "I may not delete your message here: please delete it yourself."
