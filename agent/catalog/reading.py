"""Typed values out of a skill's YAML files, and what is wrong with them."""

from collections.abc import Mapping
from typing import Any

from agent.catalog import yamlfile
from agent.catalog.problem import Problem


class Reader:
    """Takes typed values out of parsed YAML and collects what is wrong."""

    def __init__(self, file: str, lines: yamlfile.Lines) -> None:
        """Read the ``file`` whose keys stand on ``lines``."""
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []

    def fault(self, path: tuple[str | int, ...], fault: str, mend: str) -> None:
        """Note a problem at ``path``, or at what is nearest above it."""
        line = next(
            (
                self.lines[path[:n]]
                for n in range(len(path), 0, -1)
                if path[:n] in self.lines
            ),
            1,
        )
        self.problems.append(Problem(self.file, line, fault, mend))

    def entries(self, data: Any, key: str, known: set[str]) -> list[dict[str, Any]]:
        """The list ``key`` of ``data``: its entries that have keys."""
        given = data.get(key) if isinstance(data, Mapping) else None
        if not isinstance(given, list):
            self.fault((key,), f"There is no list {key!r}.", f"Begin with `{key}:`.")
            return []
        return [
            entry
            for index, entry in enumerate(given)
            if self._is_entry(entry, (key, index), known)
        ]

    def _is_entry(
        self, entry: Any, path: tuple[str | int, ...], known: set[str]
    ) -> bool:
        if not isinstance(entry, dict):
            self.fault(path, "This entry has no keys.", f"Give it {sorted(known)}.")
            return False
        for key in entry.keys() - known:
            self.fault((*path, str(key)), f"{key!r} is not known here.", "Remove it.")
        return True

    def text(self, entry: dict[str, Any], key: str, path: tuple[str | int, ...]) -> str:
        """The text ``key`` of ``entry``; empty, and said so, when it is none."""
        value = entry.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.fault((*path, key), f"{key!r} must be a text.", "Write one, in quotes.")
        return ""

    def texts(self, given: Any, path: tuple[str | int, ...]) -> tuple[str, ...]:
        """A list of texts, in order; other entries are left out and said so."""
        if not isinstance(given, list):
            self.fault(path, "This is no list of texts.", "Begin each with `- `.")
            return ()
        for index, entry in enumerate(given):
            if not isinstance(entry, str) or not entry.strip():
                self.fault(
                    (*path, index), "This entry is no text.", "Put it in quotes."
                )
        return tuple(
            one.strip() for one in given if isinstance(one, str) and one.strip()
        )


def read(text: str, file: str) -> tuple[dict[str, Any] | None, Reader]:
    """The mapping in ``text``; None, with the problem noted, when it is none."""
    try:
        data, lines = yamlfile.parse(text)
    except yamlfile.BadYaml as bad:
        reader = Reader(file, {})
        mend = "Mend the YAML at this line."
        reader.problems.append(Problem(file, bad.line, bad.fault, mend))
        return None, reader
    reader = Reader(file, lines)
    if not isinstance(data, dict):
        reader.fault((), "The file holds no keys.", "See another skill's file.")
        return None, reader
    return data, reader
