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
from skytract.loaders.postgresql import PostgreSQL

PACKAGES = ("numpy", "scipy", "astropy", "healpy")
"""What UDFs import besides the standard library."""

READABLE = """
import os, sys
for top in sys.argv[1:]:
    if not os.access(top, os.R_OK):
        sys.exit(top)
    for folder, folders, files in os.walk(top, followlinks=True):
        for name in folders:
            if not os.access(os.path.join(folder, name), os.R_OK | os.X_OK):
                sys.exit(os.path.join(folder, name))
        for name in files:
            if name.endswith((".py", ".so")) and not os.access(os.path.join(folder, name), os.R_OK):
                sys.exit(os.path.join(folder, name))
"""
"""Program run under the server's account: exits with the first file that it cannot read."""


def code_folder() -> Path:
    """Return the folder that holds the package ``skytract`` of this process."""
    return Path(skytract.__file__).resolve().parent.parent


def site_folder() -> Path:
    """Return the site-packages of this process."""
    return Path(sysconfig.get_path("platlib"))


def provide_python(home: Home, postgresql: PostgreSQL) -> str:
    """Return the server's PYTHONPATH, after copying what its account cannot read."""
    require_same_python(postgresql)
    originals = [code_folder(), site_folder()]
    if readable(home) and not any(":" in str(folder) for folder in originals):
        shutil.rmtree(home.python, ignore_errors=True)
        folders = originals
    else:
        folders = [home.python / "code", home.python / "site"]
        home.python.mkdir(exist_ok=True)
        home.account.own(home.python)
        sync(code_files(), folders[0], home)
        sync(package_files(), folders[1], home)
    return ":".join(dict.fromkeys(str(folder) for folder in folders))


def refresh_code(home: Home) -> None:
    """Bring the copy of the code up to date, where the server uses one."""
    if (home.python / "code").is_dir():
        sync(code_files(), home.python / "code", home)


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


def readable(home: Home) -> bool:
    """Whether the server's account can read the code and the packages where they are."""
    if not home.account.is_other:
        return True
    code = [code_folder() / "skytract" / name for name in ("__init__.py", "udf")]
    packages = [site_folder() / name for name in PACKAGES]
    python = f"/usr/bin/python{sys.version_info[0]}"
    return home.account.run(python, "-I", "-S", "-c", READABLE, *code, *packages).returncode == 0


def code_files() -> dict[str, Path]:
    """Return the package's files: name relative to the code folder -> file."""
    top = code_folder()
    return {
        str(Path(folder, name).relative_to(top)): Path(folder, name)
        for folder, _, names in os.walk(top / "skytract", followlinks=True)
        for name in names
        if not folder.endswith("__pycache__")
    }


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


def sync(files: dict[str, Path], target: Path, home: Home) -> None:
    """Make a folder hold exactly these files: copy what differs, remove what is gone.

    A file is taken as unchanged when size and modification time agree. Each is replaced as a whole,
    because sessions of a running server may be reading it.
    """
    present = {
        str(Path(folder, name).relative_to(target)): os.stat(Path(folder, name))
        for folder, _, names in os.walk(target)
        for name in names
    }
    for name, source in files.items():
        wanted, found = source.stat(), present.pop(name, None)
        if found is None or (found.st_size, found.st_mtime_ns) != (
            wanted.st_size,
            wanted.st_mtime_ns,
        ):
            _copy(source, target / name, home)
    for name in present:
        if "__pycache__" not in name or not (target / name).parent.parent.is_dir():
            (target / name).unlink()


def _stamp(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _copy(source: Path, target: Path, home: Home) -> None:
    missing = []
    folder = target.parent
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        home.account.own(folder)
    temporary = target.with_name(f".{target.name}.new")
    shutil.copy2(source, temporary)
    temporary.chmod(0o600)
    home.account.own(temporary)
    os.replace(temporary, target)
