"""`skytract sql`: psql on the skytract database."""

import os
import shutil
import sys
from typing import NoReturn

import click
from psycopg.conninfo import make_conninfo

from skytract.loaders.connect import ROLES, connect, connection_options
from skytract.loaders.dsn import uses_dsn
from skytract.loaders.errors import SkytractError
from skytract.loaders.postgresql import installed


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": ["--help"],
    },
    epilog='Example: `skytract sql -c "SELECT count(*) FROM raw.Source"`. '
    "Inside psql, \\dn lists the schemas, \\d+ dr1.Object a table with its units, \\q leaves.",
)
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="reader",
    show_default=True,
    help="What you may do: reader looks, loader adds raw rows, manager fills releases, owner all.",
)
@click.option("--user", metavar="NAME", help="Log in as a user of `skytract user add` instead.")
@click.argument("psql_arguments", nargs=-1, type=click.UNPROCESSED)
def sql(role: str, user: str | None, psql_arguments: tuple[str, ...]) -> None:
    """Open psql on the skytract database; further arguments are psql's own."""
    # A connection of our own says in a sentence what psql would say in a word.
    connect(role, check=False).close()
    options = connection_options(role)
    if user:
        options["user"] = user
    elif uses_dsn() and options["user"] != f"skytract_{role}":
        options["options"] = f"{options.get('options') or ''} -c role=skytract_{role}".strip()
    # The context of an error in a function is its traceback; \set SHOW_CONTEXT errors shows it.
    quiet = ["--set", "SHOW_CONTEXT=never"]
    replace_process([psql_program(), "--dbname", make_conninfo(**options), *quiet, *psql_arguments])


def psql_program() -> str:
    """Return the path of psql: the one beside the newest PostgreSQL server, else of the PATH."""
    beside = (str(found.bin / "psql") for found in installed())
    for program in (*beside, shutil.which("psql")):
        if program and os.access(program, os.X_OK):
            return program
    raise SkytractError(
        "psql is not installed: install the Debian package postgresql-client-15 "
        "(`apt-get install postgresql-client-15`)."
    )


def replace_process(command: list[str]) -> NoReturn:
    """Let psql take over this process, so that Ctrl-C and the terminal are its own."""
    sys.stdout.flush()
    os.execv(command[0], command)
