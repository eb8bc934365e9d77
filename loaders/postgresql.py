"""Find a PostgreSQL on this machine that can run skytract: version 15 or newer with plpython3u."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from skytract.loaders.errors import SkytractError

OLDEST = 15
"""MERGE, security_invoker views and the WAL-logged CREATE DATABASE arrived with 15."""

NEEDED = ("initdb", "pg_ctl", "postgres", "pg_config", "psql")

DEBIAN_PACKAGES = "postgresql-15 postgresql-plpython3-15 postgresql-15-q3c"


@dataclass(frozen=True)
class PostgreSQL:
    """One installed PostgreSQL.

    Parameters
    ----------
    bin
        Folder of its programs.
    """

    bin: Path

    @cached_property
    def major(self) -> int:
        """Major version, 0 when its pg_config does not answer."""
        found = re.search(r"PostgreSQL (\d+)", self._config("--version"))
        return int(found[1]) if found else 0

    @cached_property
    def version(self) -> str:
        """Version as pg_config prints it."""
        return self._config("--version").removeprefix("PostgreSQL ").split(" ")[0]

    @cached_property
    def python_version(self) -> tuple[int, int] | None:
        """Version of the libpython that plpython3u is linked to, None without plpython3u."""
        library = Path(self._config("--pkglibdir")) / "plpython3.so"
        if not self.has_extension("plpython3u") or not library.is_file():
            return None
        found = re.search(rb"libpython(\d)\.(\d+)", library.read_bytes())
        return (int(found[1]), int(found[2])) if found else None

    def has_extension(self, name: str) -> bool:
        """Whether the extension's files are installed (it need not be created anywhere)."""
        return (Path(self._config("--sharedir")) / "extension" / f"{name}.control").is_file()

    def problem(self) -> str | None:
        """Say why skytract cannot use this PostgreSQL; None if it can."""
        missing = [name for name in NEEDED if not os.access(self.bin / name, os.X_OK)]
        if missing:
            return f"has no {', '.join(missing)} in {self.bin}"
        if self.major < OLDEST:
            return f"is version {self.version or 'unknown'}, older than {OLDEST}"
        if not self.has_extension("plpython3u") or self.python_version is None:
            return f"has no plpython3u (Debian: postgresql-plpython3-{self.major})"
        if not self.has_extension("q3c"):
            return f"has no q3c (Debian: postgresql-{self.major}-q3c)"
        return None

    def _config(self, option: str) -> str:
        try:
            answer = subprocess.run(
                [self.bin / "pg_config", option], capture_output=True, text=True, timeout=20
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return answer.stdout.strip()


def installed() -> list[PostgreSQL]:
    """Return every PostgreSQL server found, newest first, each folder of programs once."""
    found = dict.fromkeys(folder for folder in _folders() if (folder / "postgres").exists())
    return sorted((PostgreSQL(folder) for folder in found), key=lambda p: p.major, reverse=True)


def _folders() -> Iterator[Path]:
    """Folders that may hold the programs; links such as /usr/local/bin/postgres are followed."""
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin"):
        yield from sorted(Path("/").glob(pattern))
    for folder in os.get_exec_path():
        program = shutil.which("postgres", path=folder)
        if program:
            yield Path(program).resolve().parent


def find_postgresql(major: int | None = None) -> PostgreSQL:
    """Return the newest usable PostgreSQL.

    Parameters
    ----------
    major
        Accept this major version only: that of an existing data directory.

    Raises
    ------
    SkytractError
        None is usable; the message names each one found, its flaw, and the packages to install.
    """
    candidates = installed()
    for candidate in candidates:
        if candidate.problem() is None and major in (None, candidate.major):
            return candidate
    flaws = [f"{c.bin} {c.problem() or f'is version {c.major}'}" for c in candidates]
    wanted = f"version {major}, which wrote the data" if major else f"version {OLDEST} or newer"
    raise SkytractError(
        f"No usable PostgreSQL ({wanted}, with plpython3u and q3c) is installed"
        + (f": {'; '.join(flaws)}. " if flaws else ". ")
        + f"On Debian: `apt-get install {DEBIAN_PACKAGES.replace('15', str(major or 15))}`"
        + ", or `make install`."
    )
