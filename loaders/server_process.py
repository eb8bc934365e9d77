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


def postmaster_pid(home: Home) -> int | None:
    """Return the number of the running postmaster of this home, None if there is none."""
    try:
        pid = int((home.data / "postmaster.pid").read_text().split("\n")[0])
    except (OSError, ValueError):
        return None
    return pid if works_in(pid, home.data) else None


def works_in(pid: int, folder: Path) -> bool:
    """Whether a live process has the folder as its working directory."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return False


def server_processes(home: Home) -> list[int]:
    """Return all processes of this home's server, also those that a killed postmaster left."""
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and works_in(int(p), home.data)]


def clear_stale(home: Home) -> None:
    """After a crash, wait for orphaned sessions to end, then remove the pid file left behind.

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
    (home.data / "postmaster.pid").unlink(missing_ok=True)


def server_environment(pid: int) -> dict[str, str]:
    """Return the environment a process was started with, empty if it cannot be read."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0") if item)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
