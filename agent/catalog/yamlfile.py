"""YAML from outside: plain data only, with the line each key stands on."""

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

Lines = Mapping[tuple[str | int, ...], int]
"""The line of every key and item, by its path: ``("cases", 0, "brief")``."""


class BadYaml(Exception):
    """Not the YAML we take; ``line`` is counted from 1 within the text."""

    def __init__(self, fault: str, line: int) -> None:
        """Keep what is wrong and where."""
        super().__init__(fault)
        self.fault = fault
        self.line = line


DEEPEST = 50

# libyaml's reads ten times as fast; a PyYAML built without it has the other only.
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc, valid-type]
    """Safe loading without keys given twice."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - PyYAML's own signature
    ) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadYaml("A key must be a plain word.", line)
            if key.value in seen:
                raise BadYaml(f"The key {key.value!r} stands here twice.", line)
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def parse(text: str, *, first_line: int = 1) -> tuple[Any, Lines]:
    """The data in ``text`` and the line of each key, from ``first_line`` on.

    Raises:
        BadYaml: Not YAML, more than plain data, an alias or a key given twice.
    """
    loader = _Loader(text)
    try:
        _ensure_harmless(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except BadYaml as bad:
        raise BadYaml(bad.fault, bad.line + first_line - 1) from None
    except (yaml.YAMLError, ValueError, RecursionError) as bad:
        said = _better_said(text, bad)
        raise BadYaml(_fault(said), _line(said) + first_line - 1) from None
    finally:
        loader.dispose()
    lines: dict[tuple[str | int, ...], int] = {}
    if node:
        _mark(node, (), lines, first_line)
    return data, lines


def _ensure_harmless(text: str) -> None:
    # Before anything is built of it: libyaml's composer dies of depth, and a few lines
    # of aliases unfold into gigabytes.
    depth = 0
    for event in yaml.parse(text, Loader=_Safe):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise BadYaml("Aliases (*name) are not taken.", line)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise BadYaml(f"This is nested more than {DEEPEST} deep.", line)


def _better_said(text: str, bad: Exception) -> Exception:
    """The same fault by PyYAML's own reader, which names it and its line better."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as said:
        return said
    except (ValueError, RecursionError):
        pass
    return bad


def _fault(bad: Exception) -> str:
    said = getattr(bad, "problem", None) or "it cannot be read"
    return f"This is not plain YAML: {said}."


def _line(bad: Exception) -> int:
    mark = getattr(bad, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _mark(
    node: yaml.Node,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    first: int,
) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            lines[here] = key.start_mark.line + first
            _mark(value, here, lines, first)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + first
            _mark(value, (*path, index), lines, first)
