"""Why a file is not kept."""


class Unusable(Exception):
    """A file that is not kept; ``str`` completes "report.pdf: ..." for a person."""


EMPTY = "it is empty."
UNKNOWN = "I can't tell what kind of file it is, so I did not keep it."
DAMAGED = "it is damaged or was cut off on the way. Please export it anew and resend."
LOCKED = "it is locked with a password. Please send a copy without one."
BOMB = "it unpacks into far more than it should, so I did not open it."
SLOW = "it takes too long to open. Please send a shorter one."
FULL = "that is more than I take from one person in a day. Please send it tomorrow."
