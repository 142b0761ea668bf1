"""The web chat: one page, its requests and its live stream, over a `Desk`."""
