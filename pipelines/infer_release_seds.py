"""Infers the spectra of a release's objects, partition by partition, into a named solution."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.pipelines.in_sentences import in_sentences
from skytract.pipelines.run_release import Cell, Connect, Progress, run_release
from skytract.pipelines.run_stage import Stage

INFER = ("calibration", "infer_object_seds")
"""The function that infers the spectra of the objects of a partition."""


class SedSettings(NamedTuple):
    """What spectra are made of, by the names of solutions."""

    templates: str | None = None
    """The grid that they are mixtures of; None: the newest."""
    passbands: str | None = None
    """The set of observed passbands; None: the newest."""
    psf_seds: str | None = None
    """The spectra that measurements of PSF fluxes took; None: flat ones."""


NEWEST = SedSettings()


def infer_release_seds(
    connect: Connect, release: str, name: str, settings: SedSettings = NEWEST, jobs: int = 2,
    progress: Progress = lambda stage, done, total: None,
) -> int:  # fmt: skip
    """Infer the spectra of a release's objects, partition by partition, into a solution.

    A solution that was begun for this release is gone on with: objects that it has are left as
    they are. If there is no grid of templates yet, one named ``library`` is made.

    Parameters
    ----------
    connect
        Opens a connection of the manager; called once per job, and once more.
    release
        A release that has Objects.
    name
        Name of the solution.
    settings
        What spectra are made of; of a solution that is gone on with, what it was begun with.
    jobs
        Partitions worked on at the same time.

    Returns
    -------
    int
        Objects whose spectrum was inferred now.

    Raises
    ------
    SkytractError
        If something it needs is not there, the name is taken, or a stage fails.
    """
    with connect() as connection, in_sentences(connection):
        _require_objects(connection, release)
        if not _is_begun(connection, release, name, settings):
            _begin(connection, name, settings)

    def plan(cells: list[Cell]) -> Iterator[list[Stage]]:
        yield [Stage(INFER, release, (*cell, name), cell) for cell in cells]

    return run_release(connect, release, plan, jobs, progress)[".".join(INFER)]


def _require_objects(connection: psycopg.Connection[Any], release: str) -> None:
    """Refuse a release that there is not, or that has no Objects."""
    known = "SELECT FROM meta.Release WHERE release = %s"
    if connection.execute(known, (release,)).fetchone() is None:
        raise SkytractError(
            f"There is no release {release}: `skytract release list` names those there are."
        )
    there = sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(release, "object"))
    if connection.execute(there).fetchone() is None:
        raise SkytractError(
            f"Release {release} has no Objects whose colours could be taken: fill it with `skytract"
            f" process {release}` first."
        )


def _is_begun(
    connection: psycopg.Connection[Any], release: str, name: str, settings: SedSettings
) -> bool:
    """Tell whether the solution was begun for this release; refuse one that was made otherwise."""
    row = connection.execute(
        "SELECT s.parameters::jsonb ->> 'templates', s.parameters::jsonb ->> 'passbands', p.name,"
        " EXISTS (SELECT FROM calibration.ObjectSed AS o WHERE o.solutionId = s.solutionId),"
        " (SELECT array_agg(DISTINCT r.release) FROM meta.StageRun AS r"
        " WHERE r.stage = %s AND r.parameters::jsonb ->> 2 = s.name)"
        " FROM calibration.Solution AS s LEFT JOIN calibration.Solution AS p"
        " ON p.solutionId = (s.parameters::jsonb ->> 'psfSeds')::bigint"
        " WHERE s.name = %s AND s.kind = 'sed'",
        (".".join(INFER), name),
    ).fetchone()
    if row is None:
        return False
    *begun, has_objects, releases = row
    if releases != [release] and (releases or has_objects):
        raise SkytractError(
            f"The SEDs {name} are not those of the objects of release {release}: choose another"
            " name; `skytract calibrate list` shows those that are taken."
        )
    for setting, asked, used in zip(SedSettings._fields, settings, begun, strict=True):
        if asked not in (None, used):
            raise SkytractError(
                f"The SEDs {name} were begun with {setting.replace('_', ' ')} {used or '(flat)'},"
                f" not {asked}: leave that option out to go on with them, or choose another name."
            )
    return True


def _begin(connection: psycopg.Connection[Any], name: str, settings: SedSettings) -> None:
    """Enter a new solution of kind sed."""
    make_needed(connection, settings)
    connection.execute("SELECT calibration.begin_seds(%s, %s, %s, %s)", (name, *settings))


def make_needed(connection: psycopg.Connection[Any], settings: SedSettings) -> None:
    """Refuse passbands that are not of all visits; make a grid of templates if there is none."""
    connection.execute(
        "SELECT calibration.require_all_passbands(calibration.find_solution('passband', %s))",
        (settings.passbands,),
    )
    grids = "SELECT FROM calibration.Solution WHERE kind = 'template' LIMIT 1"
    if settings.templates is None and connection.execute(grids).fetchone() is None:
        connection.execute("SELECT calibration.make_templates('library')")
