"""What a calibration solution holds, and how good it is, as a table for people."""

from typing import Any, NamedTuple

import psycopg

from skytract.loaders.errors import SkytractError


class Report(NamedTuple):
    """Names of columns with their units, and rows of text."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


REPORTS = {
    "photometry": (
        ("band", "visit-detectors", "repeatability mmag", "noise mmag", "held-out stars",
         "measurements", "components"),
        "SELECT p.band, p.n, r.repeatabilityMmag, r.noiseMmag, r.nStar, r.nObs, r.nComponents"
        " FROM (SELECT c.band, count(*) AS n FROM calibration.PhotoCalib AS c"
        "  WHERE c.solutionId = calibration.find_solution('photometry', %(name)s)"
        "  GROUP BY c.band) AS p"
        " LEFT JOIN calibration.photometric_repeatability(%(name)s) AS r USING (band)"
        " ORDER BY position(p.band IN 'ugrizy')",
    ),
    "astrometry": (
        ("band", "held-out stars", "as loaded mas", "repeatability mas", "noise mas"),
        "SELECT r.band, r.nStar, r.beforeMas, r.afterMas, r.noiseMas"
        " FROM calibration.astrometric_repeatability(%(name)s) AS r",
    ),
    "sed": (
        ("method", "objects", "%"),
        "SELECT o.method, count(*), 100 * count(*)::float8 / sum(count(*)) OVER ()"
        " FROM calibration.ObjectSed AS o"
        " WHERE o.solutionId = calibration.find_solution('sed', %(name)s)"
        " GROUP BY o.method ORDER BY count(*) DESC, o.method",
    ),
    "passband": (
        ("band", "visit-detectors", "worst error of kappa mmag"),
        "SELECT c.band, count(*), max(c.basisRms)::float8"
        " FROM calibration.PassbandCoefficient AS c"
        " WHERE c.solutionId = calibration.find_solution('passband', %(name)s)"
        " GROUP BY c.band ORDER BY position(c.band IN 'ugrizy')",
    ),
    "template": (
        ("kind", "templates", "to redshift"),
        "SELECT t.kind, count(*), max(t.redshift) FROM calibration.Template AS t"
        " WHERE t.solutionId = calibration.find_solution('template', %(name)s)"
        " GROUP BY t.kind ORDER BY t.kind",
    ),
}  # fmt: skip
"""Columns and query of a report, by the kind of solution."""


def report_solution(connection: psycopg.Connection[Any], name: str) -> Report:
    """Report on a solution of any kind: its repeatability if it was fitted, else its numbers.

    Raises
    ------
    SkytractError
        If there is no such solution.
    """
    found = connection.execute(
        "SELECT s.kind FROM calibration.Solution AS s WHERE s.name = %s", (name,)
    ).fetchone()
    if found is None:
        raise SkytractError(
            f"There is no calibration solution {name}: `skytract calibrate list` names those there"
            " are."
        )
    columns, query = REPORTS[found[0]]
    rows = connection.execute(query.encode(), {"name": name}).fetchall()
    return Report(columns, [tuple(map(_text, row)) for row in rows])


def _text(value: object) -> str:
    """Write a number for people: thousands apart; two decimals, or digits of what is small."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 0.1 else f"{value:.2g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
