"""`skytract calibrate report` and `list`: what solutions there are, and how good they are."""

from typing import Any

import click
from psycopg import Connection
from rich.table import Table

from skytract.loaders.connect import connect
from skytract.loaders.print_table import print_table


@click.command()
@click.argument("name")
def report(name: str) -> None:
    """Print how good the solution NAME is, or what it holds.

    Of zero points and WCS: how well stars that were held out repeat, beside their noise. Of SEDs:
    objects by method. Of passbands and templates: their numbers.

    \b
    Example:
      skytract calibrate report zp1
    """
    with connect("reader") as connection:
        print_report(connection, name)


@click.command("list")
def list_() -> None:
    """List all solutions, and the releases that take them.

    \b
    Example:
      skytract calibrate list
    """
    with connect("reader") as connection:
        rows = connection.execute(
            "SELECT s.name, s.kind, coalesce(s.referenceCatalog, ''), s.createdAt, coalesce("
            "(SELECT string_agg(r.release, ', ' ORDER BY r.release) FROM meta.Release AS r"
            " WHERE s.solutionId IN (r.solutionId, r.sedSolutionId, r.variableSedSolutionId,"
            " r.astrometrySolutionId)), '') FROM calibration.Solution AS s ORDER BY s.solutionId"
        ).fetchall()
    if not rows:
        click.echo(
            "There are no solutions yet: `skytract calibrate --help` shows how to make some."
        )
        return
    table = Table("name", "kind", "reference", "created", "releases")
    for name, kind, reference, created, releases in rows:
        table.add_row(name, kind, reference, f"{created:%Y-%m-%d %H:%M}", releases)
    print_table(table)


def print_report(connection: Connection[Any], name: str) -> None:
    """Print the report of a solution as a table."""
    from skytract.pipelines.report_solution import report_solution

    found = report_solution(connection, name)
    table = Table(*found.columns)
    for row in found.rows:
        table.add_row(*row)
    print_table(table)
