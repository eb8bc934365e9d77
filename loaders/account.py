"""The account under which the private server runs, and commands run under it.

PostgreSQL refuses to run as root. For root the server therefore belongs to Debian's account
``postgres``; for everybody else it belongs to themselves.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skytract.loaders.errors import SkytractError

SERVICE_ACCOUNT = "postgres"


@dataclass(frozen=True)
class Account:
    """An entry of the password file, as far as the server needs it."""

    name: str
    uid: int
    gid: int
    home: Path

    @property
    def is_other(self) -> bool:
        """Whether commands must change the user to run under this account (we are root)."""
        return os.geteuid() != self.uid

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command under this account with a clean environment and no input.

        Parameters
        ----------
        command
            Program and arguments; no shell is involved.
        cwd
            Folder to run in; it must be open to the account.
        env
            Variables beyond PATH, HOME, USER and LANG. Nothing else is inherited: a stray PGDATA or
            PYTHONHOME of the caller would lead the server astray.
        timeout
            Seconds after which the command is given up.
        """
        other = self.is_other
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd or "/",
            env={**self.environment(), **(env or {})},
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            umask=0o077,
            user=self.uid if other else None,
            group=self.gid if other else None,
            extra_groups=() if other else None,
        )

    def environment(self) -> dict[str, str]:
        """Return the few variables that every command of this account gets."""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "USER": self.name,
            "LANG": "C.UTF-8",
        }

    def own(self, path: Path) -> None:
        """Give a file or folder that was just made to this account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_account() -> Account:
    """Return the account of the private server: ``postgres`` for root, else the caller's own."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwnam(SERVICE_ACCOUNT) if uid == 0 else pwd.getpwuid(uid)
    except KeyError:
        if uid == 0:
            raise SkytractError(
                f"PostgreSQL does not run as root, and the account {SERVICE_ACCOUNT!r} that should "
                "run it does not exist: install the Debian package postgresql-15 (`make install`), "
                "or work as an ordinary user."
            ) from None
        home = Path(os.environ.get("HOME", "/"))
        return Account(name=str(uid), uid=uid, gid=os.getegid(), home=home)
    home = Path(entry.pw_dir) if uid == 0 else Path(os.environ.get("HOME", entry.pw_dir))
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=home)
