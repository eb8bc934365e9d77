"""How much a file or load unit is, as far as that is known before it is loaded."""

import json
from dataclasses import dataclass
from pathlib import Path

from skytract.loaders.dialect_find import describe
from skytract.loaders.errors import SkytractError
from skytract.loaders.hats_folder import content_files, is_hats
from skytract.loaders.load_files import MANIFEST, is_unit

WITH_ROWS = (".parquet", ".pq", ".fits", ".fit")
"""Names of files whose header, read in no time, says how many rows they have."""


@dataclass(frozen=True)
class Size:
    """Rows, None where only reading the whole file would tell, and bytes."""

    rows: int | None
    bytes: int


def measure(path: Path) -> Size:
    """Return the size of a file or unit; what cannot be read has no bytes, and is refused later."""
    try:
        if is_unit(path):
            return _measure_unit(path)
        says = path.name.endswith(WITH_ROWS) or is_hats(path)
        size = sum(file.stat().st_size for file in content_files(path))
        return Size(describe(path)[1] if says else None, size)
    except (SkytractError, OSError, ValueError, LookupError, TypeError):
        return Size(None, 0)


def _measure_unit(folder: Path) -> Size:
    files = json.loads((folder / MANIFEST).read_bytes())["files"]
    sizes = ((folder / file["path"]).stat().st_size for file in files)
    return Size(sum(int(file["rows"]) for file in files), sum(sizes))
