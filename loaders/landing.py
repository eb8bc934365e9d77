"""A landing folder: what of its files and folders has arrived whole, and what became of it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skytract.loaders.errors import SkytractError
from skytract.loaders.load_files import is_catalog, is_whole, rank

UNFINISHED = (".tmp", ".part")
"""Names under which files and folders are written before they are renamed."""

LONGEST_PAUSE = 60.0
"""Most that is waited before a load that was cut off is tried again [s]."""

Signature = tuple[object, ...]


@dataclass
class Arrival:
    """A file, load unit or HATS folder of the folder.

    Parameters
    ----------
    signature : tuple
        Its content, as far as the file system tells: inode, size and time of change of each file.
    due : float
        When it is to be loaded, if it stays as it is [s].
    settled : bool
        Whether it is loaded or refused: nothing is to be done until it changes.
    failures : int
        How often it was put off because its load was cut off.
    """

    signature: Signature
    due: float
    settled: bool = False
    failures: int = 0


class Landing:
    """The catalogs right in a folder, and the load units and HATS folders.

    A unit is there with its manifest, a HATS folder with its properties, which are written last.
    Names that begin with a dot or underscore or end in .tmp or .part are not looked at.

    Parameters
    ----------
    folder : Path
        The folder.
    settle : float
        How long a file, or all files of a folder, have to stay unchanged before it is whole [s].

    Raises
    ------
    SkytractError
        If the folder itself is a load unit or a HATS folder.
    """

    def __init__(self, folder: Path, settle: float) -> None:
        if is_whole(folder):
            raise SkytractError(
                f"{folder} is a load unit or a HATS folder itself: load it with "
                f"`skytract load {folder}`, and watch the folder that such folders arrive in."
            )
        self.folder = folder
        self.settle = settle
        self.arrivals: dict[Path, Arrival] = {}

    def look(self, now: float) -> list[Path]:
        """Return what is to be loaded now [s]: referenced tables first, failures last."""
        seen = dict(_signatures(self.folder))
        self.arrivals = {path: a for path, a in self.arrivals.items() if path in seen}
        for path, signature in seen.items():
            known = self.arrivals.get(path)
            if known is None or known.signature != signature:
                self.arrivals[path] = Arrival(signature, now + self.settle)
        ready = [path for path, a in self.arrivals.items() if not a.settled and a.due <= now]
        return sorted(ready, key=lambda path: (self.arrivals[path].failures, rank(path), path))

    def settle_one(self, path: Path) -> None:
        """Note that a path is loaded or refused: it is left alone until it changes."""
        self.arrivals[path].settled = True

    def put_off(self, path: Path, now: float) -> None:
        """Note that a path could not be loaded now [s]: it is tried again, ever less often."""
        arrival = self.arrivals[path]
        arrival.failures += 1
        arrival.due = now + min(2.0**arrival.failures, LONGEST_PAUSE)

    def retry(self, paths: Iterable[Path], now: float) -> None:
        """Note that refused paths are to be tried again at once [s]."""
        for path in paths:
            self.arrivals[path].settled, self.arrivals[path].due = False, now

    def is_quiet(self) -> bool:
        """Whether nothing waits to become whole or to be loaded."""
        return all(arrival.settled for arrival in self.arrivals.values())


def _signatures(folder: Path) -> Iterator[tuple[Path, Signature]]:
    """Yield the catalogs, units and HATS folders in a folder, and signatures of their content."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if path.name.startswith((".", "_")) or path.name.endswith(UNFINISHED):
                continue
            with suppress(OSError):  # it is being moved away, or may not be read
                if entry.is_dir() and is_whole(path):
                    yield path, tuple(_signature(file.stat()) for file in sorted(path.rglob("*")))
                elif is_catalog(path) and entry.is_file():
                    yield path, _signature(entry.stat())


def _signature(found: os.stat_result) -> Signature:
    return found.st_ino, found.st_size, found.st_mtime_ns
