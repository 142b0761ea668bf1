"""Any failure as one line: what happened, and what to do."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_settings import BaseSettings


class Refusal(Exception):
    """A command will not do it; ``hint`` says what to do instead."""

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep both halves."""
        super().__init__(message)
        self.message = message
        self.hint = hint


def explain(error: Exception) -> str:
    """Return the line; ours say what to do themselves."""
    if isinstance(message := getattr(error, "message", None), str):
        return f"{message} {getattr(error, 'hint', '')}".strip()
    if type(error).__name__ == "ValidationError":
        return _wrong_setting(cast("ValidationError", error))
    cause = getattr(error, "orig", None) or error
    first = (str(cause).strip() or "it said nothing").splitlines()[0]
    return (
        f"{type(cause).__name__}: {first}. `draper doctor` checks the installation; "
        "`draper --trace ...` shows where it happened."
    )


def variable(group: "type[BaseSettings]", field: str) -> str:
    """Return the environment variable that sets a field."""
    alias = group.model_fields[field].validation_alias
    prefix = group.model_config.get("env_prefix", "")
    return str(alias) if alias else f"{prefix}{field}".upper()


def _wrong_setting(error: "ValidationError") -> str:
    from bot import settings  # noqa: PLC0415 - only a wrong setting needs it

    group: type[BaseSettings] = getattr(settings, error.title)
    first = error.errors()[0]
    name = str(first["loc"][0])
    if name in group.model_fields:
        name = variable(group, name)
    return (
        f"The setting {name} is wrong: {first['msg'].removeprefix('Value error, ')}. "
        "Correct it in the environment or in .env; .env.example explains it."
    )
