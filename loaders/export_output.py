"""Files and folders that appear whole or not at all."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skytract.loaders.errors import SkytractError


@contextmanager
def new_output(path: Path) -> Iterator[Path]:
    """Yield a name beside the wanted one; what is made there gets the wanted name at the end.

    Nothing is left behind if the block fails. What a killed process left is removed by the next one
    that writes to the same place.

    Raises
    ------
    SkytractError
        If there is something already, or it cannot be written.
    """
    _refuse_existing(path)
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        _sync(temporary)
        _refuse_existing(path)
        os.rename(temporary, path)
    except OSError as error:
        said = error.strerror or " ".join(str(error).split())
        raise SkytractError(
            f"{path} could not be written ({said}) and nothing of it is left: see that you may "
            "write there and that there is space, then export again."
        ) from error
    finally:
        _remove(temporary)


def _refuse_existing(path: Path) -> None:
    if not path.absolute().parent.is_dir():
        raise SkytractError(f"There is no folder {path.absolute().parent}: make it, or correct it.")
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        raise SkytractError(f"{path} exists already: remove it, or give --out another name.")


def _remove_abandoned(path: Path) -> None:
    for other in path.absolute().parent.glob(".*.partial"):
        found = re.fullmatch(re.escape(f".{path.name}.") + r"(\d+)\.partial", other.name)
        if found and not Path("/proc", found[1]).exists():
            _remove(other)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or all in a folder, is on the disk: the new name must not come before."""
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        handle = os.open(part, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
