"""The postmaster of a home, as the process table shows it.

A pid file alone proves nothing: after a crash it stays behind, and its number may by then belong to
another process. Every process of a PostgreSQL server has the data directory as its working
directory, which tells them apart.
"""

import os
import time
from pathlib import Path

from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home

ORPHAN_SECONDS = 20.0
"""How long sessions may outlive a killed postmaster before a new start gives up [s]."""

CODE_VARIABLE = "SKYTRACT_CODE"
"""Variable of the server's environment: folder of the code it was started for."""


def postmaster_pid(home: Home) -> int | None:
    """Return the number of the running postmaster of this home, None if there is none."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split("\n")[0])
    except (OSError, ValueError):
        return None
    return pid if _working_folder(home, pid) == os.path.realpath(home.data) else None


def server_processes(home: Home) -> list[int]:
    """Return all processes of this home's server, also those that a killed postmaster left."""
    find = ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "cwd"]
    # Other people's processes make find complain and fail: only what it could read counts.
    links = home.account.run(*find, "-printf", "%h\\t%l\\n").stdout.splitlines()
    ours = os.path.realpath(home.data)
    return [int(Path(process).name) for process, folder in _pairs(links) if folder == ours]


def clear_stale(home: Home) -> None:
    """After a crash, wait for orphaned sessions to end, then remove the lock files left behind.

    PostgreSQL would do so itself, unless the number in them has been given to another process.
    Call it under the home's lock, when `postmaster_pid` is None.
    """
    deadline = time.monotonic() + ORPHAN_SECONDS
    while orphans := server_processes(home):
        if time.monotonic() > deadline:
            raise SkytractError(
                f"The server in {home.path} has died, but its processes {orphans} still run: end "
                "them with `kill`, then start the server again."
            )
        time.sleep(0.05)
    socket_lock = home.socket.with_name(home.socket.name + ".lock")
    for stale in (home.data / "postmaster.pid", home.socket, socket_lock):
        stale.unlink(missing_ok=True)


def server_environment(home: Home, pid: int) -> dict[str, str]:
    """Return the environment that the postmaster was started with, empty if it cannot be read."""
    file = Path(f"/proc/{pid}/environ")
    try:
        raw = file.read_text(errors="replace")
    except PermissionError:
        raw = home.account.run("cat", file).stdout
    except OSError:
        raw = ""
    return dict(item.split("=", 1) for item in raw.split("\0") if "=" in item)


def server_code(home: Home, pid: int) -> Path:
    """Return the folder of the code for which the server was started."""
    return Path(server_environment(home, pid).get(CODE_VARIABLE, ""))


def _working_folder(home: Home, pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except PermissionError:
        # In most containers root may not look into other accounts' processes, but they may.
        return home.account.run("readlink", f"/proc/{pid}/cwd").stdout.removesuffix("\n")
    except OSError:
        return ""


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    return [(first, second) for first, _, second in (line.partition("\t") for line in lines)]
