"""`skytract load`: raw-unit catalogs into the raw tables, each exactly once."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from skytract.loaders.connect import connect

if TYPE_CHECKING:
    from skytract.loaders.load import LoadResult


def _constants(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise click.BadParameter(f"write it as column=value, not {name}{equals}{value}")
    return {name: value for name, _, value in pairs}


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--kind", help="Raw table, e.g. Source, if the files do not say it.")
@click.option("--dialect", help="How the columns are named, if that is not plain from the columns.")
@click.option(
    "--set",
    "constants",
    metavar="COLUMN=VALUE",
    multiple=True,
    callback=_constants,
    help="A column of the table that the files lack: one value for all rows. May be repeated.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per file, as it is done."
)
def load(
    paths: tuple[str, ...],
    kind: str | None,
    dialect: str | None,
    constants: dict[str, str],
    as_json: bool,
) -> None:
    """Load raw-unit catalogs, each exactly once.

    PATHS are Parquet files, FITS files with a binary table (gzipped or not), or folders of them.
    Loading the same content again does nothing and says so. A file with anything wrong in it is
    refused as a whole: nothing of it stays, and the ledger (meta.Load) says why. The exit code is 1
    if a file was refused.

    \b
    Examples:
      skytract load night_2025-06-30/
      skytract load src_HSC_i_903986_31.fits.gz --set visit=903986 --set detector=31
      skytract load ps1_pv3_*.fits.gz --dialect lsst_refcat --set catalog=ps1_pv3
      skytract sql -c "SELECT path, error FROM meta.Load WHERE state = 'refused'"
    """
    from skytract.loaders.load import load_paths
    from skytract.loaders.load_files import find_files
    from skytract.loaders.load_report import progress_of, report

    results: list[LoadResult] = []
    files = find_files(paths)
    with connect("loader") as connection, progress_of(len(files), not as_json) as (rows, file_done):
        for result in load_paths(connection, files, kind, dialect, constants, rows):
            results.append(result)
            file_done(result)
            if as_json:
                click.echo(json.dumps(asdict(result), default=str))
    if not as_json:
        report(results)
    sys.exit(any(result.state == "refused" for result in results))
