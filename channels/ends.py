"""How a message can come to its end, whichever messenger says so.

A ``SendError``'s words begin with one of these and a colon: ``blocked: Bot was blocked
by the user``. What stands before it is for programs, what follows is the messenger's.
"""

from enum import StrEnum


class End(StrEnum):
    """Why a message did not get through, or not yet."""

    BLOCKED = "blocked"
    """The person blocked us, or their account is no more."""
    REMOVED = "removed"
    """We are no member of that chat, or no longer."""
    CHAT_GONE = "chat_gone"
    MOVED = "moved"
    """The chat goes on under another id."""
    ARCHIVED = "archived"
    THREAD_GONE = "thread_gone"
    THREAD_CLOSED = "thread_closed"
    MESSAGE_GONE = "message_gone"
    """What was to be changed is no longer there, or may not be changed."""
    FORBIDDEN = "forbidden"
    """A setting of the chat or the workspace keeps us from writing."""
    SUSPENDED = "suspended"
    """Administrators closed the whole workspace to us, for now."""
    REVOKED = "revoked"
    """Our token or installation is no longer good."""
    SCOPE = "scope"
    """We were never given the permission for this."""
    TOO_LONG = "too_long"
    TOO_BIG = "too_big"
    UNREADABLE = "unreadable"
    """It was not understood: blocks, marks, arguments."""
    EMPTY = "empty"
    EXPIRED = "expired"
    """The way back was open for a while only, or so many times."""
    FILE_LOST = "file_lost"
    """We no longer have the file that it should bring."""
    REFUSED = "refused"
    """Anything else that will not change by itself."""
    BUSY = "busy"
    """We write too fast, or they are being worked on: it passes."""
    UNREACHABLE = "unreachable"
    """The request never left."""
    UNANSWERED = "unanswered"
    """The request left, and nobody knows what became of it."""

    def because(self, reason: str) -> str:
        """This end, and why: the words of a ``SendError``."""
        return f"{self}: {reason}"
