"""The folder of the private server: where it is, what lies in it, and whether it can be used."""

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skytract.loaders.account import Account, server_account
from skytract.loaders.errors import SkytractError

PORT = 5432
"""The port is only part of the socket's file name; each home has a socket folder of its own."""

SOCKET_LIMIT = 106
"""Longest socket path [bytes]: the kernel keeps it in 108 bytes with its terminator."""

AWKWARD = re.compile(r'["$`\\\n,:\']')
"""Characters that the shell of pg_ctl, libpq's host list or PYTHONPATH would read as syntax."""


@dataclass(frozen=True)
class Home:
    """The folder that holds one private server.

    Parameters
    ----------
    path
        Absolute path; it need not exist yet (`prepare` makes it).

    Examples
    --------
    >>> Home(Path("/srv/survey")).data
    PosixPath('/srv/survey/data')
    """

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """Return the home named by SKYTRACT_HOME, else ``~/.skytract`` (root: postgres' own)."""
        named = os.environ.get("SKYTRACT_HOME")
        if named:
            return cls(Path(os.path.abspath(os.path.expanduser(named))))
        account = server_account()
        return cls(account.home / ("skytract" if account.is_other else ".skytract"))

    @property
    def account(self) -> Account:
        """The account that owns this home and runs its server."""
        return server_account()

    @property
    def data(self) -> Path:
        """Data directory of PostgreSQL."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """Log file of the server."""
        return self.path / "server.log"

    @property
    def python(self) -> Path:
        """Copy of the Python code for the server, made only when it cannot read the original."""
        return self.path / "python"

    @property
    def lock(self) -> Path:
        """File locked while the server is started, stopped or destroyed."""
        return self.path / "lock"

    @property
    def run(self) -> Path:
        """Folder of the unix socket: inside the home, or a short one if that path is too long."""
        inside = self.path / "run"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        return Path(f"/tmp/skytract-{digest}")

    @property
    def socket(self) -> Path:
        """The unix socket itself."""
        return self.run / f".s.PGSQL.{PORT}"

    def prepare(self) -> None:
        """Make the home and its socket folder, or say in a sentence why that cannot be."""
        self._refuse_awkward()
        made = self._make()
        try:
            self._refuse_foreign()
            self._refuse_closed()
        except SkytractError:
            if made:
                self.path.rmdir()
            raise
        make_private(self.run, self.account)

    def require(self) -> None:
        """Refuse a home that does not exist or belongs to somebody else."""
        if not self.exists():
            raise SkytractError(
                f"There is no skytract server in {self.path}: start one with "
                "`skytract server start`, or set SKYTRACT_HOME to the folder of an existing one."
            )
        self._refuse_foreign()

    def exists(self) -> bool:
        """Whether there is a folder at this path, as far as one may look."""
        return os.path.isdir(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home's lock; whoever comes second waits."""
        descriptor = self._lock()
        try:
            yield
        finally:
            os.close(descriptor)

    def write(self, path: Path, text: str) -> None:
        """Write a file of the server: complete or not at all, private, owned by its account."""
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.account.own(Path(temporary))
        os.replace(temporary, path)

    def _lock(self) -> int:
        while True:
            try:
                descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError as error:
                raise SkytractError(
                    f"The home {self.path} was destroyed by another command: run yours again."
                ) from error
            self.account.own(self.lock)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Whoever held the lock before may have destroyed the home, and the lock with it.
            if self.lock.exists() and os.path.samestat(os.fstat(descriptor), self.lock.stat()):
                return descriptor
            os.close(descriptor)

    def _refuse_awkward(self) -> None:
        found = AWKWARD.search(str(self.path))
        if found:
            raise SkytractError(
                f"The home {str(self.path)!r} contains the character {found[0]!r}, which "
                "PostgreSQL would misread: set SKYTRACT_HOME to a folder without quotes, commas, "
                "colons, dollar signs and backslashes."
            )

    def _make(self) -> bool:
        """Make the folder, or take over an empty one of ours; return whether it is new."""
        made = not os.path.lexists(self.path)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.stat().st_uid == os.geteuid() and not any(self.path.iterdir()):
                self.account.own(self.path)
        except OSError as error:
            raise SkytractError(
                f"The home {self.path} cannot be made ({error.strerror}): set SKYTRACT_HOME to a "
                "folder that you may write."
            ) from error
        return made

    def _refuse_foreign(self) -> None:
        account = self.account
        owner = self.path.stat().st_uid
        if owner != account.uid:
            raise SkytractError(
                f"The home {self.path} belongs to user number {owner}, but the server would run as "
                f"{account.name} (number {account.uid}): set SKYTRACT_HOME to another folder, or "
                f"give this one away with `chown -R {account.name} {self.path}`."
            )

    def _refuse_closed(self) -> None:
        account = self.account
        if account.run("test", "-w", self.path, "-a", "-x", self.path).returncode == 0:
            return
        raise SkytractError(
            f"The account {account.name}, which runs the server, cannot write {self.path}: "
            "a folder above it is closed to others, or the file system is read-only. "
            f"Set SKYTRACT_HOME to a folder that {account.name} can reach, for example "
            f"{account.home / 'skytract'}."
        )


def make_private(path: Path, account: Account) -> None:
    """Make a folder that only the account may enter; refuse one that somebody planted there."""
    try:
        path.mkdir(mode=0o700)
        account.own(path)
    except FileExistsError:
        pass
    if not is_folder_of(path, account):
        raise SkytractError(
            f"The folder {path} for the server's socket exists but is not a folder of "
            f"{account.name}: remove it, or set SKYTRACT_HOME to a shorter path."
        )
    path.chmod(0o700)


def is_folder_of(path: Path, account: Account) -> bool:
    """Whether the path is a folder (not a link to one) that belongs to the account."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid
