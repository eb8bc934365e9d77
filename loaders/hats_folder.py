"""HATS folders, which are loaded as one file: what is one, and the files of its cells."""

from pathlib import Path

PROPERTIES = ("hats.properties", "properties")
"""Files by which a folder says that it is one; older catalogs have the second one only."""

CELLS = "dataset/Norder=*/Dir=*/Npix=*.parquet"


def is_hats(path: Path) -> bool:
    """Whether a path is a HATS folder: it has properties, and a dataset."""
    return (path / "dataset").is_dir() and any((path / name).is_file() for name in PROPERTIES)


def content_files(path: Path) -> list[Path]:
    """List what makes the content of a file or HATS folder: itself, or the files of the cells."""
    return sorted(path.glob(CELLS)) if is_hats(path) else [path]
