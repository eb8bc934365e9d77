"""Finds out what a file is: which of its tables are loaded, their dialect and their kind."""

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path

from skytract.loaders.dialect import OWN, Dialect, dialect_names, read_dialect
from skytract.loaders.file_match import Match
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target, find_target, kinds
from skytract.loaders.read_catalog import Catalog, CatalogFile, open_catalog, stated_kind


def find_match(
    file: CatalogFile,
    kind: str | None = None,
    dialect: str | None = None,
    constants: Collection[str] = (),
) -> Match:
    """Tell the tables of a file that are loaded, their dialect and their kind.

    Parameters
    ----------
    file : CatalogFile
        The opened file.
    kind : str, optional
        What the caller says it is; it must not contradict what the file says.
    dialect : str, optional
        What the caller says of its columns.
    constants : collection of str
        Names of columns that the caller gives values for.

    Raises
    ------
    RefusedError
        If that cannot be told, or is contradictory.
    """
    if kind is not None:
        kind = find_target(kind).kind
    if dialect is None:
        found = _stated(file) or _foreign(file, kind) or _own(file, kind, constants)
    elif dialect == OWN:
        found = _stated(file) or _own(file, kind, constants)
    else:
        found = _given(file, read_dialect(dialect))
    if kind is not None and kind != found.target.kind:
        raise RefusedError(
            file.path,
            f"It is of kind {found.target.kind}, not {kind}",
            "leave --kind out, or correct it",
        )
    return found


def describe(path: Path) -> tuple[str | None, int]:
    """Return kind and number of rows of a file, by its headers.

    The kind is None if that cannot be told from the file alone; then all tables are counted.

    Raises
    ------
    RefusedError
        If the file cannot be read.
    """
    with open_catalog(path, verify=False) as file:
        try:
            match = find_match(file)
        except RefusedError:
            return None, sum(table.rows for table in file.tables)
        return match.target.kind, match.rows


def find_kind(path: Path) -> str | None:
    """Return the kind of a file; None if that cannot be told from the file alone."""
    try:
        return describe(path)[0]
    except RefusedError:
        return None


def _stated(file: CatalogFile) -> Match | None:
    """Match the tables that say their kind themselves."""
    stated = [(table, kind) for table in file.tables if (kind := stated_kind(table))]
    if not stated:
        return None
    for table, kind in stated:
        if kind.lower() not in map(str.lower, kinds()):
            raise RefusedError(
                table.path, f"There is no kind {kind}", f"state one of {', '.join(kinds())}"
            )
    found = {find_target(kind).kind for _, kind in stated}
    return Match(file.path, tuple(t for t, _ in stated), read_dialect(OWN), _only_kind(file, found))


def _foreign(file: CatalogFile, kind: str | None) -> Match | None:
    """Match the tables that fit one of the other dialects."""
    others = [read_dialect(name) for name in dialect_names() if name != OWN]
    matches = [
        Match(file.path, tables, dialect, find_target(dialect.kind or ""))
        for dialect in others
        if kind in (None, dialect.kind) and (tables := _fitting(file, dialect))
    ]
    if len(matches) > 1:
        raise RefusedError(
            file.path,
            f"It fits several dialects: {', '.join(match.dialect.name for match in matches)}",
            "say which with --dialect",
        )
    return matches[0] if matches else None


def _fitting(file: CatalogFile, dialect: Dialect) -> tuple[Catalog, ...]:
    return tuple(table for table in file.tables if dialect.fits(table))


def _given(file: CatalogFile, dialect: Dialect) -> Match:
    tables = _fitting(file, dialect)
    if not tables and len(file.tables) > 1:
        raise RefusedError(
            file.path,
            f"None of its {len(file.tables)} tables has the columns of the dialect {dialect.name}",
            f"name another dialect; such a table has {', '.join(dialect.has)}",
        )
    # Of a single table, the columns that it lacks are named when they are matched.
    return Match(file.path, tables or file.tables, dialect, find_target(dialect.kind or ""))


def _own(file: CatalogFile, kind: str | None, constants: Collection[str]) -> Match:
    """Match the tables whose columns are those of a table of the database."""
    targets = [find_target(name) for name in ([kind] if kind else kinds())]
    fitting = {
        target.kind: tuple(t for t in file.tables if _is_own(t, target, constants))
        for target in targets
    }
    fitting = {name: tables for name, tables in fitting.items() if tables}
    if not fitting and kind and len(file.tables) == 1:
        # The columns that do not fit are named when they are matched.
        fitting = {kind: file.tables}
    if not fitting:
        raise RefusedError(
            file.path,
            f"Its columns fit no dialect and no table of the database{_nearest(file, targets)}",
            f"rename its columns (docs/schema.md), say --dialect with one of "
            f"{', '.join(dialect_names())}, or write a dialect (docs/loading.md) and give its path",
        )
    target = _only_kind(file, fitting.keys())
    return Match(file.path, fitting[target.kind], read_dialect(OWN), target)


def _is_own(table: Catalog, target: Target, constants: Collection[str]) -> bool:
    names = table.columns.keys() - set(read_dialect(OWN).ignore)
    required = {key for key, column in target.columns.items() if column.required}
    return names <= target.columns.keys() and required <= names | set(constants)


def _only_kind(file: CatalogFile, found: Iterable[str]) -> Target:
    ordered = sorted(found)
    if len(ordered) > 1:
        raise RefusedError(
            file.path,
            f"It holds tables of several kinds: {', '.join(ordered)}",
            "write one file for each kind, or say which to load with --kind",
        )
    return find_target(ordered[0])


def _nearest(file: CatalogFile, targets: Iterable[Target]) -> str:
    """Say what keeps the table that is most like one of the database from being one."""
    pairs = [(table.columns.keys(), target) for table in file.tables for target in targets]
    names, target = max(pairs, key=lambda pair: len(pair[0] & pair[1].columns.keys()))
    if not names & target.columns.keys():
        return ""
    lacking = [k for k, c in target.columns.items() if c.required and k not in names]
    unknown = [name for name in names if name not in target.columns]
    said = [f"lacks {', '.join(lacking[:3])}"] if lacking else []
    for name in unknown[:1]:
        near = difflib.get_close_matches(name, list(target.columns), 1)
        said.append(f"has {name}" + (f" (for {near[0]}?)" if near else ""))
    return f" (for {target.kind} it {' and '.join(said)})"
