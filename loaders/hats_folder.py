"""HATS folders, which are loaded as one file: what is one, and the files of its cells."""

import re
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


def stated_rows(path: Path) -> int | None:
    """Return the number of rows that the properties of a HATS folder state; None if they do not."""
    for file in (path / name for name in PROPERTIES):
        text = file.read_text(errors="replace") if file.is_file() else ""
        if found := re.search(r"^hats_nrows\s*=\s*(\d+)\s*$", text, re.MULTILINE):
            return int(found[1])
    return None
