"""The Python path of the server, such that plpython3u finds skytract.udf and what it imports.

The server's account must be able to read the code. Where it cannot (a clone below /root), a copy of
the code and of the packages that UDFs import is kept in the home and refreshed when they change.
"""

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import skytract
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.mirror import mirror
from skytract.loaders.postgresql import PostgreSQL

PACKAGES = ("numpy", "scipy", "astropy", "healpy")
"""What UDFs import besides the standard library."""

READABLE = """
import os, sys
def need(path, mode):
    if not os.access(path, mode):
        sys.exit(path + " is closed to this account")
for top in sys.argv[1:]:
    need(top, os.R_OK)
    for folder, folders, files in os.walk(top, followlinks=True):
        for name in folders:
            need(os.path.join(folder, name), os.R_OK | os.X_OK)
        for name in files:
            if not name.endswith(".pyc"):
                need(os.path.join(folder, name), os.R_OK)
"""
"""Program run under the server's account: fails at the first file that it cannot read."""


def code_folder() -> Path:
    """Return the folder that holds the package ``skytract`` of this process."""
    return Path(skytract.__file__).resolve().parent.parent


def site_folder() -> Path:
    """Return the site-packages of this process."""
    return Path(sysconfig.get_path("platlib"))


def provide_python(home: Home, postgresql: PostgreSQL) -> str:
    """Return the server's PYTHONPATH, after copying what its account cannot read.

    Call it under the home's lock, while no server runs or the running one runs this code.
    """
    require_same_python(postgresql)
    folders = [code_folder(), site_folder()]
    if not is_readable(home, folders):
        folders = [home.python / "code", home.python / "site"]
        home.python.mkdir(mode=0o700, exist_ok=True)
        home.account.own(home.python)
        mirror(code_files(), folders[0], home.account)
        mirror(package_files(), folders[1], home.account)
    elif home.python.exists():
        shutil.rmtree(home.python)
    return ":".join(dict.fromkeys(str(folder) for folder in folders))


def refresh_code(home: Home) -> None:
    """Bring the copy of the code up to date, where the server uses one."""
    if (home.python / "code").is_dir():
        mirror(code_files(), home.python / "code", home.account)


def require_same_python(postgresql: PostgreSQL) -> None:
    """Refuse a Python whose compiled packages the server cannot import."""
    ours, theirs = sys.version_info[:2], postgresql.python_version
    if theirs is not None and ours != theirs:
        raise SkytractError(
            f"This is Python {ours[0]}.{ours[1]}, but PostgreSQL {postgresql.version} runs Python "
            f"{theirs[0]}.{theirs[1]} and could not import its numpy: make the virtual environment "
            f"with python{theirs[0]}.{theirs[1]} (on Debian: `/usr/bin/python3 -m venv .venv`, or "
            "`make install`)."
        )


def is_readable(home: Home, folders: list[Path]) -> bool:
    """Whether the server's account can read the code and the packages where they are."""
    if any(":" in str(folder) for folder in folders):
        # PYTHONPATH has no way to write a colon.
        return False
    if not home.account.is_other:
        return True
    code, site = folders
    packages = (site / name for name in package_folders())
    needed = [code / "skytract" / "__init__.py", code / "skytract" / "udf", *packages]
    python = Path(sys.executable).resolve()
    try:
        return home.account.run(python, "-I", "-S", "-c", READABLE, *needed).returncode == 0
    except PermissionError:
        # The account cannot even run this Python.
        return False


def code_files() -> dict[str, Path]:
    """Return the package's files: name relative to the code folder -> file."""
    top = code_folder()
    return {
        str(Path(folder, name).relative_to(top)): Path(folder, name)
        for folder, _, names in os.walk(top / "skytract", followlinks=True)
        for name in names
        if not name.endswith(".pyc")
    }


def package_folders() -> set[str]:
    """Return what lies directly in site-packages of the packages that UDFs import."""
    records = (distribution.read_text("RECORD") or "" for distribution in _closure(PACKAGES))
    names = (line.split(",")[0].split("/") for record in records for line in record.splitlines())
    return {parts[0] for parts in names if len(parts) > 1 and parts[0] != ".."}


def package_files() -> dict[str, Path]:
    """Return the files of the packages that UDFs import: name below site-packages -> file."""
    files: dict[str, Path] = {}
    for distribution in _closure(PACKAGES):
        for name in distribution.files or ():
            path = Path(str(distribution.locate_file(name)))
            if ".." not in name.parts and path.is_file():
                files[str(name)] = path
    return files


def _closure(names: tuple[str, ...]) -> Iterator[metadata.Distribution]:
    """Yield the distributions and all that they require, as far as installed, each once."""
    waiting, seen = list(names), set[str]()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            # Required on other platforms or Python versions only.
            continue
        yield distribution
        for requirement in distribution.requires or ():
            if "extra ==" not in requirement:
                waiting.append(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
