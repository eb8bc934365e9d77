"""The manifest of a load unit: a folder's files with their rows and checksums, as JSON.

    {"name": "tract 9813", "tract": 9813, "patches": [40, 41], "files": [
      {"path": "CoaddSource_r.parquet", "kind": "CoaddSource", "rows": 123, "sha256": "..."}]}

Tract, patches and the kinds may be left out.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from skytract.loaders.dialect_find import describe
from skytract.loaders.errors import SkytractError
from skytract.loaders.hats_folder import is_hats
from skytract.loaders.load_files import MANIFEST, is_catalog
from skytract.loaders.load_lock import hash_content
from skytract.loaders.load_refused import RefusedError


@dataclass(frozen=True)
class ListedFile:
    """A file as its manifest lists it.

    Parameters
    ----------
    path : str
        Relative to the folder, with / between folders.
    rows : int
        Number of its rows.
    sha256 : str
        SHA-256 of its bytes, hexadecimal.
    kind : str, optional
        Table of the rows; found from the file if not given.
    """

    path: str
    rows: int
    sha256: str
    kind: str | None = None


@dataclass(frozen=True)
class Manifest:
    """A load unit as its manifest states it.

    Parameters
    ----------
    folder : Path
        The folder.
    name : str
        Its name for people.
    files : tuple of ListedFile
        At least one.
    tract : int, optional
        The one tract of all rows that have a tract.
    patches : tuple of int, optional
        Patches that such rows may be in.
    """

    folder: Path
    name: str
    files: tuple[ListedFile, ...]
    tract: int | None = None
    patches: tuple[int, ...] | None = None

    @property
    def path(self) -> Path:
        """The manifest."""
        return self.folder / MANIFEST


def write_manifest(
    folder: Path | str,
    name: str,
    tract: int | None = None,
    patches: list[int] | None = None,
) -> Path:
    """Make a load unit of a folder: list all catalogs in it and below.

    An earlier manifest is replaced; a reader finds the one or the other.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    SkytractError
        If the folder holds no catalog, or one that cannot be read, or is a HATS folder.
    """
    folder = Path(folder)
    if is_hats(folder):
        raise SkytractError(
            f"{folder} is a HATS folder, whose cells are loaded as one file, whole or not at all: "
            f"load it with `skytract load {folder}`, without a manifest."
        )
    paths = find_catalogs(folder)
    if not paths:
        raise SkytractError(f"{folder} holds no catalog: write the files first, the manifest last.")
    stated: dict[str, Any] = {"name": name, "tract": tract, "patches": patches}
    content = {key: value for key, value in stated.items() if value is not None}
    content["files"] = [_list_file(folder, path) for path in paths]
    new = folder / f".{MANIFEST}.{os.getpid()}"
    new.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(new, folder / MANIFEST)
    return folder / MANIFEST


def find_catalogs(folder: Path) -> list[Path]:
    """List the files in a folder and below that are catalogs by their names."""
    return sorted(path for path in folder.rglob("*") if is_catalog(path) and path.is_file())


def _list_file(folder: Path, path: Path) -> dict[str, Any]:
    kind, rows = describe(path)
    listed: dict[str, Any] = {"path": path.relative_to(folder).as_posix()}
    return listed | ({"kind": kind} if kind else {}) | {"rows": rows, "sha256": hash_content(path)}


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder and check its form.

    Raises
    ------
    RefusedError
        Naming what is missing, unknown, or of a wrong type.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _malformed(path, f"It cannot be read as JSON ({error})") from error
    given = _members(path, content, {"name": str}, {"tract": int, "patches": list, "files": list})
    files = tuple(
        ListedFile(**_members(path, f, {"path": str, "rows": int, "sha256": str}, {"kind": str}))
        for f in given.get("files", ())
    )
    patches = given.get("patches")
    if patches is not None and not all(type(patch) is int for patch in patches):
        raise _malformed(path, "Its patches are no list of integers")
    _check_files(path, files)
    return Manifest(
        folder,
        given["name"],
        files,
        given.get("tract"),
        None if patches is None else tuple(patches),
    )


def _members(
    path: Path, given: Any, required: dict[str, type], optional: dict[str, type]
) -> dict[str, Any]:
    """Return the members of a JSON object, all of them known and of their types."""
    if not isinstance(given, dict):
        raise _malformed(path, f"It has {repr(given)[:80]} in the place of an object")
    for key, value in given.items():
        type_ = (required | optional).get(key)
        if type_ is None or type(value) is not type_:
            raise _malformed(path, f"It has {key} = {repr(value)[:80]}")
    for key in required.keys() - given.keys():
        raise _malformed(path, f"It has no {key} in {json.dumps(given)[:80]}")
    return given


def _check_files(path: Path, files: tuple[ListedFile, ...]) -> None:
    if not files:
        raise _malformed(path, "It lists no files")
    for file in files:
        parts = PurePosixPath(file.path)
        if parts.is_absolute() or ".." in parts.parts:
            raise _malformed(path, f"It lists {file.path}, which may lie outside its folder")
        if not file.path.isprintable():
            raise _malformed(path, f"It lists {file.path!r}, which is no name of a file")
        if len(file.sha256) != 64 or not set(file.sha256) <= set("0123456789abcdef"):
            raise _malformed(path, f"It lists {file.path} with the SHA-256 {file.sha256!r}")
    for what in ("path", "sha256"):
        values = [getattr(file, what) for file in files]
        for value in values:
            if values.count(value) > 1:
                raise _malformed(path, f"It lists two files with the {what} {value}")


def _malformed(path: Path, reason: str) -> RefusedError:
    return RefusedError(path, reason, "write it with `skytract load manifest`")
