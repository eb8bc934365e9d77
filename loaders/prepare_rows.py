"""Makes the rows of a file ready to be sent, chunk by chunk: read, check, key, sort, encode."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skytract.loaders.check_values import make_batch
from skytract.loaders.copy_binary import Piece, arrange, encode
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_scope import place_columns
from skytract.loaders.read_catalog import Catalog
from skytract.loaders.seen_keys import SeenKeys
from skytract.udf.sky.hpx29 import hpx29

Order = npt.NDArray[np.int64]

LOOKED_UP = ("visit", "detector", "tract", "patch", "band")
"""Columns, besides those that tell rows apart, that are compared with the database."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A chunk whose rows are sent.

    Parameters
    ----------
    batch : Batch
        Those of its columns that are compared with the database.
    key : list of CopyColumn
        The columns of the primary key.
    names : list of str
        Physical names of all columns that are sent, in their order.
    """

    batch: Batch
    key: list[CopyColumn]
    names: list[str]


def prepare_rows(
    catalog: Catalog, plan: Plan, load_id: int, seen: SeenKeys, rows: int
) -> Iterator[tuple[Prepared, Piece]]:
    """Read, check and encode a file.

    Parameters
    ----------
    catalog : Catalog
        The opened file.
    plan : Plan
        What becomes of its columns.
    load_id : int
        loadId of the rows.
    seen : SeenKeys
        Takes their keys.
    rows : int
        Rows read, and sorted, at a time.

    Yields
    ------
    tuple of Prepared and Piece
        Of every chunk its pieces in turn.

    Raises
    ------
    RefusedError
        If anything is wrong with any row, as far as the file itself can tell.
    """
    for chunk in catalog.chunks(plan.reads, rows):
        batch = make_batch(catalog.path, plan, chunk)
        seen.add(batch)
        columns, key, order = _complete(batch, load_id)
        prepared = Prepared(_looked_up(batch), key, [column.name for column in columns])
        pieces = encode(columns, order)
        # What is encoded now is not kept in memory while the next chunk is read.
        del batch, columns
        chunk.columns.clear()
        yield from ((prepared, piece) for piece in pieces)


def _complete(
    batch: Batch, load_id: int
) -> tuple[list[CopyColumn], list[CopyColumn], Order | None]:
    """Add the loader's own columns; return all, those of the key, and the rows' order in it."""
    target, order = batch.plan.target, None
    columns = list(batch.columns.values())
    columns.append(CopyColumn("loadid", "bigint", np.full(batch.rows, load_id)))
    key = [batch.columns[name] for name in target.identity]
    if target.hpx29:
        cells = hpx29(batch.columns["ra"].values, batch.columns["dec"].values)
        columns.append(CopyColumn("hpx29", "bigint", cells))
        key += columns[-1:] if target.ids_apart else []
        order = _by_place(batch, np.argsort(cells))
    elif target.partition_key:
        keys = batch.columns[target.partition_key].values
        order = _by_place(batch, np.argsort(keys, kind="stable"))
    return arrange(columns), key, order


def _by_place(batch: Batch, order: Order) -> Order:
    """Put rows of one visit in the order of its detectors, those of one tract in that of patches.

    What lies together on the sky stays together, but for the edges of detectors. The index of
    visits and detectors, however, is then written at its end, where PostgreSQL need not search it.
    """
    names = place_columns(batch.plan.target)[:2]
    if len(names) < 2:
        return order
    major, minor = (batch.columns[name].values for name in names)
    if major.min() < major.max():
        return order
    return order[np.argsort(minor[order], kind="stable")]


def _looked_up(batch: Batch) -> Batch:
    names = (*batch.plan.target.identity, *LOOKED_UP)
    return replace(batch, columns={n: c for n, c in batch.columns.items() if n in names})
