"""Fits all images of a release together: zero points or WCS, as a new named solution."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql

from skytract.pipelines.in_sentences import in_sentences
from skytract.pipelines.process_release import ASSOCIATE
from skytract.pipelines.run_release import Cell, Connect, Progress, run_release
from skytract.pipelines.run_stage import Stage

FITS = {"photometry": "fit_joint_photometry", "astrometry": "fit_joint_astrometry"}
"""Functions that fit all images together, by the kind of their solutions."""


def fit_jointly(
    connection: psycopg.Connection[Any], kind: str, name: str, groups: str, catalog: str,
    **options: Any,
) -> int:  # fmt: skip
    """Fit all images together into a new solution, and commit.

    Parameters
    ----------
    connection
        A connection of the manager.
    kind
        ``photometry`` or ``astrometry``.
    name
        Name of the new solution.
    groups
        A release whose sources are associated, or a table of groups.
    catalog
        Reference catalog.
    **options
        Further arguments of the function of the database; those that are None have its defaults.

    Returns
    -------
    int
        Visits and detectors that were fitted.

    Raises
    ------
    SkytractError
        If the fit is not possible; nothing is written then.
    """
    with in_sentences(connection):
        row = _call(connection, FITS[kind], (name, groups, catalog), options)
    return int(row)


def require_fit(
    connection: psycopg.Connection[Any], name: str, catalog: str, seds: str | None = None,
    **options: Any,
) -> None:  # fmt: skip
    """Raise a SkytractError if a fit would be refused, before its release is associated.

    Parameters
    ----------
    connection, name, catalog, **options
        As for `fit_jointly`.
    seds
        Solution of kind sed, if the fit shall take one.
    """
    chosen = {key: options.get(key) for key in ("bands", "min_snr", "isolation_arcsec")}
    with in_sentences(connection):
        _call(connection, "require_new_solution", (name,))
        _call(connection, "require_reference_catalog", (catalog,))
        _call(connection, "require_star_selection", (), chosen)
        if seds is not None:
            _call(connection, "find_solution", ("sed", seds))


def _call(
    connection: psycopg.Connection[Any], function: str, arguments: tuple[Any, ...],
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Any:  # fmt: skip
    """Return what a function of calibration returns; options that are None have its defaults."""
    given = {key: value for key, value in options.items() if value is not None}
    named = [sql.SQL("{} => {}").format(sql.Identifier(key), sql.Placeholder()) for key in given]
    call = sql.SQL("SELECT {}({})").format(
        sql.Identifier("calibration", function),
        sql.SQL(", ").join([*[sql.Placeholder()] * len(arguments), *named]),
    )
    row = connection.execute(call, (*arguments, *given.values())).fetchone()
    assert row is not None
    return row[0]


def associate_release(
    connect: Connect, release: str, jobs: int = 2,
    progress: Progress = lambda stage, done, total: None,
) -> int:  # fmt: skip
    """Associate the sources of those partitions of a release where no stage has done it yet.

    Returns
    -------
    int
        Objects that were found; 0 for a table of groups instead of a release.
    """
    with connect() as connection:
        query = (
            "SELECT p.lo, p.hi FROM meta.Release AS o JOIN meta.Partition AS p"
            " ON p.tessellation = o.release WHERE o.release = %s AND NOT EXISTS ("
            "SELECT FROM meta.StageRun AS r WHERE r.release = o.release AND r.stage = %s"
            " AND r.state = 'done' AND r.lo = p.lo AND r.hi = p.hi)"
        )
        missing = set(connection.execute(query, (release, ".".join(ASSOCIATE))).fetchall())

    def plan(cells: list[Cell]) -> Iterator[list[Stage]]:
        yield [Stage(ASSOCIATE, release, cell, cell) for cell in cells if cell in missing]

    return sum(run_release(connect, release, plan, jobs, progress).values()) if missing else 0
