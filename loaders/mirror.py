"""Keep a folder equal to a set of files that lie elsewhere."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from skytract.loaders.account import Account


def mirror(files: Mapping[str, Path], target: Path, account: Account) -> None:
    """Make a folder hold exactly these files: copy what differs, remove what is gone.

    A file counts as unchanged when size and modification time agree. Each is replaced as a whole,
    because sessions of a running server may be reading it.

    Parameters
    ----------
    files
        Name relative to the folder -> file to copy; links are followed.
    target
        The folder; it and all in it belong to the account and are closed to others.
    account
        Who shall be able to read the copies.
    """
    present = _stamps(target)
    for name, source in files.items():
        if present.pop(name, None) != _stamp(source):
            _copy(source, target / name, account)
    for name in present:
        # Bytecode is the server's own; without its source Python ignores it.
        if not name.endswith(".pyc"):
            (target / name).unlink()
    _remove_unused(target, {Path(name).parent for name in files})


def _stamps(target: Path) -> dict[str, tuple[int, int]]:
    return {
        str(Path(folder, name).relative_to(target)): _stamp(Path(folder, name))
        for folder, _, names in os.walk(target)
        for name in names
    }


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _copy(source: Path, target: Path, account: Account) -> None:
    _make_folder(target.parent, account)
    temporary = target.with_name(f".{target.name}.new")
    shutil.copy2(source, temporary)
    temporary.chmod(0o600)
    account.own(temporary)
    os.replace(temporary, target)


def _make_folder(folder: Path, account: Account) -> None:
    if not folder.exists():
        _make_folder(folder.parent, account)
        folder.mkdir(mode=0o700, exist_ok=True)
        account.own(folder)


def _remove_unused(target: Path, used: set[Path]) -> None:
    """Remove folders in which no mirrored file lies, with the bytecode left in them."""
    keep = {parent for folder in used for parent in (folder, *folder.parents)}
    for name, folders, _ in os.walk(target, topdown=True):
        for folder in list(folders):
            path = Path(name, folder)
            if folder != "__pycache__" and path.relative_to(target) not in keep:
                shutil.rmtree(path)
                folders.remove(folder)
