"""Values as text, to look up by and to count by."""

import hashlib
import json
from typing import Any

LONGEST = 500
"""An index entry has its limits; what is longer is told apart by its hash."""


def key_of(value: Any) -> str:
    """Return JSON, or its hash: the same for equal values, be they 1 and 1.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = json.dumps(value, sort_keys=True)
    if len(text) <= LONGEST:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
