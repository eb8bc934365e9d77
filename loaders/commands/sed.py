"""`skytract sed`: spectra to calibrate with, and the passbands they are integrated over."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from skytract.loaders.connect import connect, connection_options

if TYPE_CHECKING:
    import psycopg


@click.group()
def sed() -> None:
    """Keep spectral energy distributions, the library's and your own.

    Spectra of the objects of a release are inferred by `skytract calibrate seds`.

    \b
    Examples:
      skytract sed library
      skytract sed list --kind star
      skytract sed passbands night
      skytract sed add my_star.ecsv --user observer
    """


@sed.command()
@click.argument("source", metavar="FILE|TABLE")
@click.option("--user", required=True, help="Whose it is: a user of `skytract user add`.")
@click.option("--name", help="Name of the SED; default is that of the file or table.")
def add(source: str, user: str, name: str | None) -> None:
    """Add one of your own, from a FILE or from a TABLE of the database.

    A file (ECSV, FITS, VOTable, Parquet) has the columns wavelength and flux, both with units. A
    table has wavelength [nm] and f_nu, at any scale.

    \b
    Examples:
      skytract sed add my_star.ecsv --user observer
      skytract sed add my_observer.model --user observer --name model
    """
    import psycopg

    from skytract.loaders.errors import SkytractError
    from skytract.loaders.read_sed import read_sed

    path = Path(source)
    name = name or (path.stem if path.exists() else source.rpartition(".")[2])
    arrays = read_sed(path) if path.exists() else None
    with _connect_as(user) as connection:
        try:
            if arrays is not None:
                given = [name, *(array.tolist() for array in arrays)]
                connection.execute("SELECT calibration.add_sed(%s, %s, %s)", given)
            else:
                _add_table(connection, source, name)
        except psycopg.errors.RaiseException as error:
            said = error.diag
            raise SkytractError(f"{source}: {said.message_primary}. {said.message_hint}") from error
    click.echo(f"{name} is one of your own SEDs now: calibration.kappa('{name}').")


def _connect_as(user: str) -> "psycopg.Connection[Any]":
    """Connect as a scientist, after the checks that every connection makes."""
    import psycopg

    from skytract.loaders.errors import SkytractError

    connect("reader").close()
    try:
        return psycopg.connect(**{**connection_options("reader"), "user": user})
    except psycopg.OperationalError as error:
        raise SkytractError(
            f"You cannot log in as {user} ({' '.join(str(error).split())}): make that user with "
            f"`skytract user add {user}`."
        ) from error


def _add_table(connection: "psycopg.Connection[Any]", source: str, name: str) -> None:
    """Add the spectrum of a table, in the order of its wavelengths."""
    import psycopg
    from psycopg import sql

    from skytract.loaders.errors import SkytractError

    statement = sql.SQL(
        "SELECT calibration.add_sed(%s, array_agg(wavelength::float8 ORDER BY wavelength),"
        " array_agg(f_nu::float8 ORDER BY wavelength)) FROM {}"
    ).format(sql.Identifier(*source.split(".")))
    try:
        connection.execute(statement, (name,))
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise SkytractError(
            f"There is neither a file {source} nor a table of that name with the columns "
            f"wavelength and f_nu ({error.diag.message_primary}): correct the name."
        ) from error
    except psycopg.errors.RaiseException:
        raise
    except psycopg.Error as error:
        raise SkytractError(
            f"{source} cannot be read as a spectrum ({error.diag.message_primary}): name a table of"
            " your own schema, or one you may read, whose wavelength [nm] and f_nu are numbers."
        ) from error


@sed.command("list")
@click.option("--user", help="List the own SEDs of this user of `skytract user add` too.")
@click.option("--kind", help="Those of one kind: star, whiteDwarf, galaxy, qso or own.")
def list_(user: str | None, kind: str | None) -> None:
    """List the SEDs that there are: the library's, and a user's own.

    \b
    Examples:
      skytract sed list
      skytract sed list --kind galaxy
      skytract sed list --user observer --kind own
    """
    from rich.table import Table

    from skytract.loaders.print_table import print_table

    with _connect_as(user) if user else connect("reader") as connection:
        rows = connection.execute("SELECT * FROM calibration.list_seds()").fetchall()
    table = Table("name", "kind", "type", "from nm", "to nm", "source", "licence")
    for name, of_kind, subtype, first, last, source, licence in rows:
        if kind in (None, of_kind):
            span = ["" if end is None else f"{end:.0f}" for end in (first, last)]
            table.add_row(name, of_kind, subtype or "", *span, source or "", licence or "")
    if not table.row_count:
        click.echo(
            "There are no such SEDs: `skytract sed library` loads the library, `skytract sed add` "
            "adds one of your own."
        )
        return
    print_table(table)


@sed.command()
def library() -> None:
    """Load the spectra that the installed packages ship; the second time nothing.

    \b
    Example:
      skytract sed library
    """
    from skytract.loaders.load import load_file
    from skytract.loaders.sed_catalog import write_sed_catalog

    with TemporaryDirectory() as folder, connect("loader") as connection:
        path = Path(folder) / "sed_library.parquet"
        n = write_sed_catalog(path)
        result = load_file(connection, path, "Sed", by="skytract sed library")
    done = "loaded" if result.state == "loaded" else "there already"
    click.echo(f"{n} SEDs are {done}: SELECT name, kind, subtype, source FROM calibration.Sed.")


@sed.command()
@click.argument("name")
def passbands(name: str) -> None:
    """Write the set NAME of observed passbands, for every visit and detector that is loaded.

    The atmosphere of a visit has its airmass and is a standard one otherwise; detectors have the
    LSST's response. From Python, `write_passband_set` takes any conditions and curves.

    \b
    Example:
      skytract sed passbands night
    """
    from skytract.loaders.passbands_of_visits import write_passbands_of_visits

    with connect("manager") as connection:
        n = write_passbands_of_visits(connection, name)
    click.echo(f"{n} passbands are in the set {name}: calibration.kappa(sed, '{name}').")
