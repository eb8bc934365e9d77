"""Infers the spectra of the stars of a joint photometric solution, for the next fit."""

from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.pipelines.in_sentences import in_sentences
from skytract.pipelines.infer_release_seds import NEWEST, SedSettings, make_needed


def infer_star_seds(
    connection: psycopg.Connection[Any],
    solution: str,
    name: str,
    settings: SedSettings = NEWEST,
) -> int:
    """Infer the spectra of a solution's stars from their mean fluxes, and commit.

    Stars too bright for a band have their reference star's flux there, so that they have colours:
    those of the release's Objects lack them.

    Parameters
    ----------
    connection
        A connection of the manager.
    solution
        A joint photometric solution.
    name
        Name of the new solution of kind sed; its ids are those of the match groups.
    settings
        Templates and passbands.

    Returns
    -------
    int
        Stars.

    Raises
    ------
    SkytractError
        If there are no such stars, something else is missing, or the name is taken.
    """
    with in_sentences(connection):
        connection.execute(
            "CREATE TEMPORARY TABLE inferred_star ON COMMIT DROP AS"
            " SELECT c.* FROM calibration.CalibrationStar AS c"
            " WHERE c.solutionId = calibration.find_solution('photometry', %s)",
            (solution,),
        )
        if connection.execute("SELECT FROM pg_temp.inferred_star LIMIT 1").fetchone() is None:
            raise SkytractError(
                f"The solution {solution} has no stars: name one of `skytract calibrate"
                " photometry`."
            )
        make_needed(connection, settings)
        row = connection.execute(
            "SELECT calibration.infer_seds(%s, 'pg_temp.inferred_star', %s, %s,"
            " id_column => 'starId', flux_columns => '{band}_flux')",
            (name, settings.templates, settings.passbands),
        ).fetchone()
    assert row is not None
    return int(row[0])
