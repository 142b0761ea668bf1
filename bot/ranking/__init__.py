"""Which skill a message is most like: phrases found, examples learnt, meaning compared.

Pure: texts in, numbers and reasons out. ``bot/router.py`` decides by them.
"""
