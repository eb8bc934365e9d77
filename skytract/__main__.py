"""The command line: `skytract COMMAND`, also `python -m skytract COMMAND`.

Commands live beside what they drive (`loaders/commands`, `pipelines/commands`) and are imported
only when used, so that `skytract --help` answers at once.
"""

import errno
import importlib
import os
import sys

import click

import skytract
from skytract.loaders.errors import SkytractError

COMMANDS = {
    "server": (
        "skytract.loaders.commands.server",
        "Start, stop and look at the private PostgreSQL server.",
    ),
    "sql": ("skytract.loaders.commands.sql", "Open psql on the skytract database."),
    "doctor": (
        "skytract.loaders.commands.doctor",
        "Print what is installed, what is missing, and what to do.",
    ),
    "migrate": (
        "skytract.loaders.commands.migrate",
        "Bring the database to the version of this code.",
    ),
    "load": (
        "skytract.loaders.commands.load",
        "Load catalogs, each exactly once; list loads, undo them.",
    ),
    "export": (
        "skytract.loaders.commands.export",
        "Write a table or query as HATS, Parquet or FITS.",
    ),
    "partition": (
        "skytract.loaders.commands.partition",
        "Plan, list and split the HEALPix partitions.",
    ),
    "release": ("skytract.loaders.commands.release", "Create, list and publish data releases."),
    "user": (
        "skytract.loaders.commands.user",
        "Give a scientist a role and a schema of their own.",
    ),
    "sed": (
        "skytract.loaders.commands.sed",
        "Keep spectra to calibrate with, the library's and your own.",
    ),
    "frames": ("skytract.pipelines.commands.frames", "Turn raw exposures into a raw-unit catalog."),
    "simulate": (
        "skytract.pipelines.commands.simulate",
        "Draw a seeded survey with known truth, as catalogs or as raw frames.",
    ),
    "calibrate": (
        "skytract.pipelines.commands.calibrate",
        "Fit zero points and WCS of a survey, infer spectra of its objects.",
    ),
    "process": (
        "skytract.pipelines.commands.process",
        "Run the database stages that fill a release.",
    ),
    "forced": (
        "skytract.pipelines.commands.forced",
        "Measure fluxes at the positions of a release's objects.",
    ),
    "demo": (
        "skytract.pipelines.commands.demo",
        "Run the whole system once, from exposures to plots.",
    ),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that holds the command; its object has the command's name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the user can mend is said in a sentence, without a traceback."""
        try:
            return super().invoke(ctx)
        except SkytractError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise click.ClickException(_file_trouble(error)) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _file_trouble(error: OSError) -> str:
    """Turn what the system says of a file into a sentence with a remedy."""
    said = f"{error.filename}: {error.strerror}" if error.filename else " ".join(str(error).split())
    return f"{said}. Check that the path exists, that you may write there, and that there is space."


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `skytract demo`, then `skytract sql`. Every --help has an example.",
)
@click.version_option(skytract.__version__, prog_name="skytract")
@click.option(
    "--database",
    metavar="NAME",
    help="Database of the server; default is SKYTRACT_DATABASE if set, else skytract.",
)
def main(database: str | None) -> None:
    """Survey catalogs in PostgreSQL: raw counts and pixels in, calibrated DPDD tables out."""
    if database:
        os.environ["SKYTRACT_DATABASE"] = database


if __name__ == "__main__":
    sys.exit(main())
