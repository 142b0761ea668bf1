"""Make ``.venv`` hold exactly what a lock file names, and the project itself.

``python tools/install.py requirements.lock``. Installs with uv, which takes seconds,
and with pip where uv cannot be had. Standard library only: it runs before anything is
installed.
"""

import ast
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.8"


def main(lock: str) -> None:
    """Install, or end with one line that says what failed."""
    if not _fits():
        print("draper: making .venv", flush=True)
        venv.create(VENV, with_pip=True, clear=True)
    settings = _pip_settings()
    print(f"draper: installing {lock}", flush=True)
    if not _with_uv(lock, settings) and not _with_pip(lock):
        sys.exit(
            "draper: the packages could not be installed; the reason is above. "
            "Check the network (or pip's index settings), then run make again."
        )


def _fits() -> bool:
    """Whether there is a ``.venv`` that works, made by this version of Python."""
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return PYTHON.exists() and _ok([str(PYTHON), "-c", version], quiet=True)


def _with_uv(lock: str, settings: dict[str, list[str]]) -> bool:
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", UV]
    if not _ok(pip, quiet=True):
        print("draper: uv cannot be had here; going on with pip", flush=True)
        return False
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    uv += _as_uv_options(settings)
    for path in settings.get("cert", []):
        os.environ["SSL_CERT_FILE"] = path  # noqa: TID251 - uv has no option for it
    return all(
        _ok([*uv, *what])
        for what in (["--requirement", lock], ["--no-deps", "--editable", "."])
    )


def _with_pip(lock: str) -> bool:
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet"]
    return all(
        _ok([*pip, *what])
        for what in (["--requirement", lock], ["--no-deps", "--editable", "."])
    )


def _pip_settings() -> dict[str, list[str]]:
    """Return pip's own settings by name: uv reads none of them.

    Source: the lines of ``pip config list``, ``global.name='value'`` from files and
    ``:env:.name='value'`` from the environment, which wins.
    """
    listing = [str(PYTHON), "-m", "pip", "config", "list"]
    done = subprocess.run(listing, capture_output=True, text=True, check=False)  # noqa: S603
    settings: dict[str, list[str]] = {}
    for line in sorted(
        done.stdout.splitlines(), key=lambda line: line.startswith(":env:")
    ):
        key, separator, value = line.partition("=")
        if separator:
            settings[key.rpartition(".")[2]] = ast.literal_eval(value).split()
    return settings


def _as_uv_options(settings: dict[str, list[str]]) -> list[str]:
    names = {
        "index-url": "--default-index",
        "extra-index-url": "--index",
        "find-links": "--find-links",
        "trusted-host": "--allow-insecure-host",
    }
    options = [
        word
        for name, option in names.items()
        for value in settings.get(name, [])
        for word in (option, value)
    ]
    # As pip does it: the best version of all indexes, not of the first.
    return [*options, "--index-strategy", "unsafe-best-match"]


def _ok(command: list[str], *, quiet: bool = False) -> bool:
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, cwd=ROOT, check=False, stderr=errors).returncode == 0  # noqa: S603


if __name__ == "__main__":
    main(*sys.argv[1:])
