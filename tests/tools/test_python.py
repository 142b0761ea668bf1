"""`tools/python` finds an interpreter, or refuses in one line; fakes stand on PATH."""

import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "python"


def _fake(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def _python(folder: Path, name: str, version: str, *, venv: bool = True) -> None:
    """An interpreter that knows its version, and whether it has venv."""
    supported = "0" if version.split(".")[1] in {"11", "12", "13"} else "1"
    _fake(
        folder,
        name,
        f'case "$2" in *platform*) echo {version};; *version_info*) exit {supported};; '
        f"*ensurepip*) exit {0 if venv else 1};; esac",
    )


def _run(folder: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{folder}:{folder / 'none'}", "PYTHON": python}
    return subprocess.run(  # noqa: S603
        ["/bin/sh", str(TOOL)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with a glibc and grep, and no Python."""
    _fake(tmp_path, "ldd", "echo 'ldd (GNU libc) 2.36'")
    (tmp_path / "grep").symlink_to("/bin/grep")
    return tmp_path


def test_the_first_that_fits_is_taken(path: Path) -> None:
    _python(path, "python3", "3.10.2")
    _python(path, "python3.13", "3.13.1")
    _python(path, "python3.12", "3.12.1")
    assert _run(path).stdout.strip() == str(path / "python3.13")


def test_the_one_named_is_the_only_candidate(path: Path) -> None:
    _python(path, "python3", "3.12.1")
    _python(path, "old", "3.9.1")
    done = _run(path, "old")
    assert done.returncode == 1
    assert "(found: 3.9.1)" in done.stderr


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0"])
def test_an_unsupported_version_is_refused_in_one_line(
    path: Path, version: str
) -> None:
    _python(path, "python3", version)
    done = _run(path)
    assert done.returncode == 1
    assert f"3.11, 3.12 or 3.13 is needed (found: {version})" in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_python_at_all_is_refused_in_one_line(path: Path) -> None:
    done = _run(path)
    assert done.returncode == 1
    assert "(found: none)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_missing_venv_names_the_package(path: Path) -> None:
    _python(path, "python3", "3.11.2", venv=False)
    done = _run(path)
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
    assert done.stderr.count("\n") == 1


def test_musl_is_refused_in_one_line(path: Path) -> None:
    _fake(path, "ldd", "echo 'musl libc (x86_64)' >&2; exit 1")
    _python(path, "python3", "3.12.1")
    done = _run(path)
    assert done.returncode == 1
    assert "musl" in done.stderr
    assert done.stderr.count("\n") == 1
