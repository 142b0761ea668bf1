"""The box from within: ``python -m agent.files.inside <name>``, a file on stdin.

Answers with a line of JSON and, for a picture, its bytes without metadata, and those
that a model is shown. It limits itself before it looks at anything. Where a reader
fails in a way nobody foresaw, the process ends with it, and whoever asked calls the
file damaged.
"""

import json
import resource
import sys
from importlib import import_module

from agent.files import limits, sorts
from agent.files.names import suffix_of
from agent.files.readers import plain, zips
from agent.files.readers.read import Read
from agent.files.refusals import BOMB, LOCKED, Unusable


def main() -> None:
    """Read the file that comes in, and tell of it."""
    confine()
    body = sys.stdin.buffer.read()
    try:
        sort = sort_of(body, suffix_of(sys.argv[1]))
        found = read(sort, body)
    except MemoryError:
        tell({"refusal": BOMB})
    except Unusable as refusal:
        tell({"refusal": str(refusal)})
    else:
        tell(_told(sort, found), found.clean + found.view)


def confine() -> None:
    """Let this process take no more memory and time than a file is worth."""
    for name, most in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (most, most))


def sort_of(body: bytes, suffix: str) -> sorts.Sort:
    """Which sort of file it is.

    Raises:
        Unusable: It is none that is kept.
    """
    if sorts.is_old_office(body):
        if sorts.ENCRYPTED in body:
            raise Unusable(LOCKED)
        raise sorts.unwanted("an old Office file")
    if sorts.is_zip(body):
        with zips.opened(body) as archive:
            return zips.sort_of(archive)
    found = sorts.binary_sort(body)
    return found or sorts.text_sort(plain.decoded(body), suffix)


def read(sort: sorts.Sort, body: bytes) -> Read:
    """What is in the file.

    Raises:
        Unusable: It cannot be opened.
    """
    if not sort.reader:
        return Read()
    found: Read = import_module(f"agent.files.readers.{sort.reader}").read(body)
    return found


def tell(facts: dict[str, object], rest: bytes = b"") -> None:
    """Write the answer."""
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + rest)


def _told(sort: sorts.Sort, found: Read) -> dict[str, object]:
    return {
        "mime": sort.mime,
        "text": found.text,
        "note": found.note,
        "facts": found.facts,
        "width": found.width,
        "height": found.height,
        "clean_bytes": len(found.clean),
    }


if __name__ == "__main__":
    main()
