"""`skytract export`: tables and results of queries into files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skytract.loaders.connect import connect
from skytract.loaders.wording import count

if TYPE_CHECKING:
    from rich.console import Console

    from skytract.loaders.export import ExportResult
    from skytract.loaders.export_progress import Progress


@click.command()
@click.argument("table", required=False)
@click.option("--query", metavar="SELECT", help="Write the result of this query, not a table.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="What is made: a .parquet or .fits file, or, with any other name, a HATS folder.",
)
@click.option(
    "--rows-per-file",
    type=click.IntRange(min=1),
    show_default="1000000",
    help="Rows that a file of a HATS folder holds at most; other outputs are one file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when it is done.")
def export(
    table: str | None, query: str | None, out: Path, rows_per_file: int | None, as_json: bool
) -> None:
    """Write a table or the result of a query as a HATS folder, or as a Parquet or FITS file.

    Columns have the DPDD's names, units and descriptions. All rows are of one moment. The output
    appears when it is complete; what exists is never overwritten. HATS is what lsdb and hats open;
    its rows need positions: coord_ra and coord_dec, or ra and dec [deg]. FITS is for results of up
    to 256 MiB. A raw table exported as Parquet or FITS can be loaded again.

    \b
    Examples:
      skytract export dr1.Object --out object_hats
      skytract export raw.Source --out source.parquet
      skytract export --query "SELECT objectId, coord_ra, coord_dec FROM dr1.Object
        WHERE r_psfMag < 20" --out bright.fits
    """
    from skytract.loaders.export import export_query, export_table

    if (table is None) == (query is None):
        raise click.UsageError("Give either a table, such as dr1.Object, or --query.")
    with connect("reader") as connection, _progress(not as_json) as progress:
        if query is not None:
            result = export_query(connection, query, out, rows_per_file, progress)
        else:
            result = export_table(connection, str(table), out, rows_per_file, progress)
    click.echo(json.dumps(asdict(result), default=str) if as_json else _sentence(result))


def _sentence(result: "ExportResult") -> str:
    from rich.filesize import decimal

    rate = result.rows / max(result.seconds, 1e-3)
    return (
        f"{result.path}: {count(result.rows, 'row')} in "
        f"{count(result.files, f'{result.format} file')}, {decimal(result.bytes)}, "
        f"{rate:,.0f} rows/s."
    )


@contextmanager
def _progress(visible: bool, console: "Console | None" = None) -> Iterator["Progress"]:
    """Show a progress bar with rows per second and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = console or Console(stderr=True)
    with Progress(
        TextColumn("Exporting"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not (visible and console.is_terminal),  # elsewhere it is an empty line
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None, text="")  # how many rows is not known yet

        def show(rows: int, total: int) -> None:
            state = progress.tasks[task]
            done = int(state.completed) + rows
            total = max(total, done)
            rate = done / max(state.elapsed or 0.0, 1e-3)
            text = f"{done:,} of {count(total, 'row')}, {rate:,.0f}/s"
            progress.update(task, completed=done, total=total, text=text)

        yield show
