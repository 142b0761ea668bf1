"""How much of a file is taken, opened and read."""

MB = 1_000_000

DAY_FILES, DAY_BYTES = 300, 1_000 * MB
"""What is taken from one person within a day: a disk ends somewhere."""

PIXELS = 25_000_000
"""Of one picture: decoded it takes four bytes each, and more while it is worked on."""
VIEW_PIXELS = 1_568
"""The longer side of a picture as a model is shown it: they look no closer."""
FRAMES_PIXELS = 8 * PIXELS
"""Of all frames of a moving picture together."""

PAGES = 5_000
"""A document with more is refused, unread."""
PAGES_READ = 200
ROWS_READ = 2_000
CHARACTERS = 400_000
"""Of extracted text; what follows is left out, and said to be."""

PARTS = 5_000
"""Files within an Office file."""
UNPACKED_BYTES = 150 * MB
"""What an Office file may unpack into; ordinary ones stay below a tenth of it."""

READING_S = 6.0
"""Of processor time: then a reader stops where it is, and says how far it came."""
CPU_S = 12
WALL_S = 30.0
MEMORY_BYTES = 640 * MB
"""Of the reading process: its whole address space."""
REPLY_BYTES = 64 * MB
"""The most it may answer: a picture without its metadata, or a text."""
