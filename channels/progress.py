"""The line under a growing text that says what is being done."""

from channels.contract import Outgoing


def with_progress(shown: str, message: Outgoing) -> str:
    """The text so far with the line under it; a line that is all there is stands once.

    ``shown`` is ``message.markdown``, with no mark left open.
    """
    line = message.progress
    if not message.partial or not line or message.markdown == line:
        return shown
    return f"{shown}\n\n_{line}_"
