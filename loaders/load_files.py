"""What is to be loaded: files, folders, patterns and load units, in the order of loading."""

import json
import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO

from skytract.loaders.dialect_find import find_kind
from skytract.loaders.errors import SkytractError
from skytract.loaders.hats_folder import CELLS, is_hats
from skytract.loaders.load_target import kinds

GZIPPABLE = (".fits", ".fit", ".ecsv", ".vot", ".votable")
SUFFIXES = (".parquet", ".pq", *GZIPPABLE, *(f"{suffix}.gz" for suffix in GZIPPABLE))
"""Names of the files of a folder that are catalogs."""

MANIFEST = "manifest.json"
"""A folder with a file of this name is a load unit: it is loaded whole or not at all."""


def is_catalog(path: Path) -> bool:
    """Whether a file is one by its name; names that begin with a dot or underscore never are."""
    return path.name.endswith(SUFFIXES) and not path.name.startswith((".", "_"))


def is_unit(path: Path) -> bool:
    """Whether a path is a folder with a manifest."""
    return (path / MANIFEST).is_file()


def find_files(paths: Iterable[Path | str]) -> list[Path]:
    """List the catalogs and load units that paths stand for, referenced tables first.

    Parameters
    ----------
    paths : iterable of Path or str
        Files; HATS folders; units, by their folder or their manifest; other folders, for what of
        these is right in them; patterns with * ? [] and ** for whatever of these they match.

    Returns
    -------
    list of Path
        Files, HATS folders, and the folders of units, each once.

    Raises
    ------
    SkytractError
        If a path stands for nothing, or for a part of a unit or HATS folder only.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for item in _expand(Path(path)):
            found.setdefault(os.path.abspath(item), item)
    units = {Path(place) for place, item in found.items() if item.is_dir()}
    alone = [item for place, item in found.items() if units.isdisjoint(Path(place).parents)]
    for item in alone:
        _require_whole(item)
    return sorted(alone, key=rank)


def _require_whole(item: Path) -> None:
    """Refuse a file that the manifest of a folder above it lists, and a cell of a HATS folder."""
    place = Path(os.path.abspath(item))
    for folder in place.parents:
        if is_unit(folder) and place in _listed(folder):
            raise SkytractError(
                f"{item} is part of the load unit {folder}, which is loaded whole or not at all: "
                f"give the folder, or take its {MANIFEST} away to load the files one by one."
            )
        if is_hats(folder) and place.relative_to(folder).match(CELLS):
            raise SkytractError(
                f"{item} is a cell of the HATS folder {folder}, and a visit or tract may lie in "
                "several of them: give the folder, or copy the file to another place."
            )


def _listed(folder: Path) -> list[Path]:
    """Return the files that a manifest lists; none if it is not well formed."""
    try:
        files = json.loads((folder / MANIFEST).read_bytes())["files"]
        return [folder / file["path"] for file in files]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def read_list(stream: BinaryIO) -> list[Path]:
    """Read paths from a stream: one per line, or separated by NUL as `find -print0` does."""
    content = stream.read()
    names = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [Path(os.fsdecode(name)) for name in names if name.strip()]


def rank(path: Path) -> int:
    """Place of a file or unit in the order of loading; the last one if it does not say its kind."""
    try:
        found = list(_unit_kinds(path)) if is_unit(path) else [find_kind(path)]
        return min(kinds().index(kind or "") for kind in found)
    except (SkytractError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return len(kinds())


def _unit_kinds(folder: Path) -> Iterator[str | None]:
    for file in json.loads((folder / MANIFEST).read_bytes())["files"]:
        yield file.get("kind") or find_kind(folder / file["path"])


def _expand(path: Path) -> list[Path]:
    """List what one path stands for."""
    if path.exists() or not has_magic(str(path)):
        inside = _inside(path)
    else:
        # Everything that lies below matches **, and only what is named like a catalog is meant.
        matches = [Path(name) for name in sorted(glob(str(path), recursive=True))]
        inside = [item for match in matches for item in _inside(match) if _is_meant(item)]
    if not inside:
        raise SkytractError(
            f"There is no catalog at {path}: give files, folders that hold .parquet, "
            f"{', '.join(GZIPPABLE)} files, HATS folders, folders with a {MANIFEST}, or patterns "
            "that match some."
        )
    return inside


def _is_meant(item: Path) -> bool:
    return item.is_dir() or is_catalog(item)


def _inside(path: Path) -> list[Path]:
    if path.name == MANIFEST and path.is_file():
        return [path.parent]
    if not path.is_dir() or is_whole(path):
        return [path] if path.exists() else []
    return sorted(p for p in path.iterdir() if is_whole(p) or (is_catalog(p) and p.is_file()))


def is_whole(path: Path) -> bool:
    """Whether a folder is loaded as one: a load unit, or a HATS folder."""
    return is_unit(path) or is_hats(path)
