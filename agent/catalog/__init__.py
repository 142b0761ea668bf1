"""The catalogue: skills as files and as versioned rows, and what the router reads.

Owns ``skills``, ``skill_versions``, ``skill_settings`` and ``rules``. May use the rooms
below it. ``skillfile`` and ``folding`` are light enough for the command line: they load
neither the database nor pydantic.
"""
