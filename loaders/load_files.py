"""Files and folders as given, to the list of catalogs in the order in which they are loaded."""

from collections.abc import Iterable
from pathlib import Path

from skytract.loaders.errors import SkytractError
from skytract.loaders.load_target import kinds
from skytract.loaders.read_catalog import read_kind

SUFFIXES = (".parquet", ".pq", ".fits", ".fits.gz", ".fit")
"""Names of the files of a folder that are catalogs."""


def find_files(paths: Iterable[Path | str]) -> list[Path]:
    """List files, and the catalogs in folders, not below, so that referenced tables come first.

    Raises
    ------
    SkytractError
        If a path does not exist or a folder holds no catalog.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        inside = [path]
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(SUFFIXES) and p.is_file())
        if not path.exists() or not inside:
            raise SkytractError(
                f"There is no catalog at {path}: give files, or folders that hold "
                f"{', '.join(SUFFIXES)} files."
            )
        found += inside
    return sorted(dict.fromkeys(found), key=_rank)


def _rank(path: Path) -> int:
    """Place of a file's kind in the order of loading; the last one if the file does not say."""
    try:
        return kinds().index(read_kind(path) or "")
    except (SkytractError, OSError, ValueError):
        return len(kinds())
