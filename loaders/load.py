"""Loads raw-unit catalogs, each exactly once: one file, one transaction, one row in the ledger.

A file is identified by the SHA-256 of its content. Loading the same content again does nothing and
says so. A file with anything wrong in it is refused as a whole: nothing of it stays, the ledger
says why, and it can be loaded after the cause is mended. A loader that is killed leaves no row
behind; the next run takes its ledger entry over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from skytract.loaders.bring_file import bring_file, pass_gate
from skytract.loaders.hats_folder import is_hats
from skytract.loaders.load_attempt import (
    Attempt,
    LoadResult,
    explain_cut,
    find_done,
    read_content,
    record_refusal,
    require_idle,
    run_transaction,
)
from skytract.loaders.load_claims import Claims
from skytract.loaders.load_entry import begin_load
from skytract.loaders.load_files import find_files, is_unit
from skytract.loaders.load_lock import lock_contents
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_rows import DEFAULT_MEMORY, Progress
from skytract.loaders.load_unit import load_unit
from skytract.loaders.partition_schedule import restore_partitions
from skytract.loaders.replace_earlier import Earlier

__all__ = ["LoadResult", "load_file", "load_path", "load_paths"]

Connection = psycopg.Connection[Any]
FileProgress = Callable[[Path, int], None]


def load_file(
    connection: Connection,
    path: Path | str,
    kind: str | None = None,
    dialect: str | None = None,
    constants: Mapping[str, Any] | None = None,
    progress: Progress = lambda rows: None,
    replace: bool | Earlier = False,
    memory: int = DEFAULT_MEMORY,
    again: bool = True,
    **context: Any,
) -> LoadResult:
    """Load one catalog file.

    Parameters
    ----------
    connection : psycopg.Connection
        As the role loader, not within a transaction.
    path : Path or str
        A Parquet file, a FITS file with a binary table, gzipped or not, or a HATS folder.
    kind : str, optional
        Raw table, e.g. "Source"; found from the file or its dialect where that says it.
    dialect : str, optional
        How the columns are named (`dialects/<dialect>.yaml`); found from the columns.
    constants : mapping, optional
        Columns of the table that the file lacks, one value for all its rows.
    progress : callable, optional
        Called with the number of rows just copied.
    replace : bool or Earlier, optional
        Whether it takes the place of loads of the same visit and detector, or of the same tract,
        patch and band; otherwise it is refused if there are any. Or of which of them: of several
        files none should take the place of another.
    memory : int, optional
        Bytes that rows on their way may take.
    again : bool, optional
        Whether a content whose place another load has taken is loaded again, where that load is
        there, or another one that took its place in turn; if not, it is "already loaded".
    **context
        Kept in the ledger as JSON.

    Returns
    -------
    LoadResult
        Its state is "loaded" or "already loaded".

    Raises
    ------
    RefusedError
        If anything is wrong with the file; nothing of it stays, and the ledger says why.
    SkytractError
        If the load was cut off: all of it is done or nothing, and it can be repeated.
    """
    path, constants, started = Path(path), constants or {}, monotonic()
    require_idle(connection)
    content = read_content(path)
    with explain_cut(f"The load of {path}"), lock_contents(connection, [content.hash]):
        given = {"constants": dict(constants), **context}
        if done := find_done(connection, path, content, given, again):
            return done
        restore_partitions(connection)
        load_id = begin_load(connection, path, content.hash, content.size, given)
        attempt = Attempt(path, load_id, kind, dialect)

        def bring() -> tuple[int, tuple[int, ...]]:
            claims = Claims(connection, load_id, replace)
            brought = bring_file(connection, attempt, constants, claims, progress, memory)
            claims.refuse_loss(path)
            content.refuse_changed()
            pass_gate(connection, [brought])
            return brought.rows, tuple(claims.replaced)

        with record_refusal(connection, attempt):
            rows, replaced = run_transaction(connection, bring)
    seconds = monotonic() - started
    return LoadResult(path, "loaded", load_id, attempt.kind, rows, seconds, replaced=replaced)


def load_path(
    connection: Connection, path: Path, kind: str | None = None, **options: Any
) -> LoadResult:
    """Load a file or HATS folder, or a folder with a manifest, a unit; all else as `load_file`."""
    if path.is_dir() and (is_unit(path) or not is_hats(path)):
        return load_unit(connection, path, kind, **options)
    return load_file(connection, path, kind, **options)


def load_paths(
    connection: Connection,
    paths: Iterable[Path | str],
    progress: FileProgress = lambda path, rows: None,
    **options: Any,
) -> Iterator[LoadResult]:
    """Load files, folders and load units; a refused file does not keep the others out.

    Other parameters are those of `load_file`. Tables that others refer to are loaded first. A
    folder with a manifest is a load unit (see `load_unit`); of others, all catalogs are loaded.

    Parameters
    ----------
    progress : callable, optional
        Called with a path and the number of its rows just copied.

    Yields
    ------
    LoadResult
        One for every file or unit, as it is done.
    """
    for path in find_files(paths):
        try:
            yield load_path(connection, path, progress=partial(progress, path), **options)
        except RefusedError as error:
            yield LoadResult(path, "refused", error.load_id, error.kind, error=str(error))
