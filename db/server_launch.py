"""Become a database program: another user, and never outlive the app.

Run as ``python -I -S server_launch.py <uid>:<gid>|- <app pid> <signal> <data> <argv>``.
A program of its own, since between fork and exec Python may run next to nothing. It
imports the standard library only.
"""

import ctypes
import os
import sys

PDEATHSIG, AMBIENT, SECUREBITS = 1, 47, 28
AMBIENT_RAISE = 2
NO_SETUID_FIXUP = 4
CAPABILITY_V3 = 0x20080522
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2


def main(argv: list[str]) -> None:
    """Drop root, arrange to be stopped with the app, and turn into the program."""
    account, parent, signal, data, *program = argv
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        _become(uid, gid, reaching=(program[0], data))
    if sys.platform == "linux":
        _die_with(int(parent), int(signal))
    try:
        os.execv(program[0], program)  # noqa: S606 - our own binary, no shell
    except PermissionError:
        sys.exit(f"error: user {account} may not run {program[0]}")


def _become(uid: int, gid: int, *, reaching: tuple[str, ...]) -> None:
    # Without the fix-up, access(2) honours the capability kept below.
    kept = sys.platform == "linux" and _prctl(SECUREBITS, NO_SETUID_FIXUP) == 0
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except PermissionError:
        sys.exit(
            f"error: this root may not become user {uid}, and PostgreSQL refuses root: "
            "give the container CAP_SETUID and CAP_SETGID, or start it as a user"
        )
    if not kept:
        return
    permitted = _permitted()
    _set_capabilities(permitted, effective=0)
    if _reachable(reaching):
        _set_capabilities(0, effective=0)
    else:
        _keep_search(permitted)


def _reachable(paths: tuple[str, ...]) -> bool:
    try:
        for path in paths:
            os.stat(path)  # noqa: PTH116 - pathlib would triple the start
    except PermissionError:
        return False
    except FileNotFoundError:
        return True  # the way to it is open; initdb is about to make it
    return True


def _keep_search(permitted: int) -> None:
    """Keep one right: to walk through folders closed to this user, such as /root.

    The alternative is to open those folders to everybody. A container may withhold
    the narrower right and grant the wider one.
    """
    for capability in (DAC_READ_SEARCH, DAC_OVERRIDE):
        bit = 1 << capability
        if permitted & bit:
            _set_capabilities(bit, effective=bit)
            _prctl(AMBIENT, AMBIENT_RAISE, capability)
            return


def _permitted() -> int:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - -S
        line = next(line for line in status if line.startswith("CapPrm:"))
    return int(line.split()[1], 16)


def _set_capabilities(permitted: int, *, effective: int) -> None:
    # Source: capset(2), version 3: two 32-bit words of (effective, permitted,
    # inheritable), the low word first.
    words: list[int] = []
    for shift in (0, 32):
        held = permitted >> shift & 0xFFFFFFFF
        used = effective >> shift & 0xFFFFFFFF
        words += [used, held, used]
    header = (ctypes.c_uint32 * 2)(CAPABILITY_V3, 0)
    ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)(*words))


def _die_with(parent: int, signal: int) -> None:
    # After the change of user, which would clear it.
    _prctl(PDEATHSIG, signal)
    if os.getppid() != parent:  # the app died before the line above
        sys.exit(1)


def _prctl(option: int, *values: int) -> int:
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    result: int = ctypes.CDLL(None).prctl(option, *padded)
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
