"""Reads a HATS folder as one catalog: a sky's rows, one Parquet file for each HEALPix cell.

Its cells are loaded together, by one load: a visit and detector may lie in several of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skytract.loaders.hats_folder import CELLS, content_files, stated_rows
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Chunk, ColumnHead
from skytract.loaders.read_parquet import open_parquet
from skytract.loaders.wording import count


@dataclass(frozen=True)
class CellCatalog:
    """The rows of a cell; its file is open only while they are read, for there may be thousands."""

    path: Path
    rows: int
    columns: dict[str, ColumnHead]
    header: dict[str, str]
    verify: bool

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        with open_parquet(self.path, self.verify) as (cell,):
            yield from cell.chunks(names, rows)


@contextmanager
def open_hats(path: Path, verify: bool = True) -> Iterator[list[CellCatalog]]:
    """Open a HATS folder; one table for each cell.

    Raises
    ------
    RefusedError
        If it has no cells, or others than its properties say, or a file of one cannot be read.
    """
    files = content_files(path)
    if not files:
        raise RefusedError(path, f"It is a HATS folder without a file {CELLS}", "copy it again")
    cells = [_look_at(file, verify) for file in files]
    _refuse_other_rows(path, sum(cell.rows for cell in cells))
    yield cells


def _refuse_other_rows(path: Path, rows: int) -> None:
    """Refuse a folder whose copy is not complete, or has cells of another one."""
    stated = stated_rows(path)
    if stated is not None and stated != rows:
        raise RefusedError(
            path,
            f"Its cells have {count(rows, 'row')}, and its properties state {stated:,}",
            "copy it again, when it is complete",
        )


def _look_at(file: Path, verify: bool) -> CellCatalog:
    with open_parquet(file, verify) as (cell,):
        return CellCatalog(file, cell.rows, cell.columns, cell.header, verify)
