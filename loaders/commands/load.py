"""`skytract load`: catalogs into their tables, each exactly once."""

import sys
from pathlib import Path
from threading import Event
from typing import Any

import click

from skytract.loaders.commands.load_ledger import list_, manifest, show, undo
from skytract.loaders.commands.load_options import (
    parse_bytes,
    parse_context,
    parse_dialect,
    parse_kind,
    parse_pairs,
)
from skytract.loaders.stop_on_signals import stop_on_signals


class PathsOrCommand(click.Group):
    """A group that is a command itself: a first word that names no subcommand is its argument."""

    allow_extra_args = False
    allow_interspersed_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the words after a subcommand to it; take all others as this command's own."""
        if args and args[0] in self.commands:
            ctx.args = args
            return args
        if any(word.partition("=")[0] == "--watch" for word in args):
            # Before options are looked at, for which much is imported.
            ctx.obj = ctx.with_resource(stop_on_signals())
        try:
            return click.Command.parse_args(self, ctx, args)
        except BaseException:
            ctx.close()  # nobody else does so with a context that did not come to be
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand, or this command."""
        if not ctx.args:
            return click.Command.invoke(self, ctx)
        name, *rest = ctx.args
        with self.commands[name].make_context(name, rest, parent=ctx) as child:
            return child.command.invoke(child)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the usage of the command; the subcommands are listed below it."""
        return click.Command.collect_usage_pieces(self, ctx)


class Paths(click.Argument):
    """The argument of the group itself; the usage of its subcommands does not show it."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what stands for the argument in the usage of a command."""
        return super().get_usage_pieces(ctx) if self in ctx.command.params else []


@click.group(cls=PathsOrCommand)
@click.argument("paths", nargs=-1, cls=Paths)
@click.option("--kind", callback=parse_kind, help="Table, e.g. Source, if the files do not say it.")
@click.option(
    "--dialect",
    callback=parse_dialect,
    help="How the columns are named, if that is not plain from the columns.",
)
@click.option(
    "--set",
    "constants",
    metavar="COLUMN=VALUE",
    multiple=True,
    callback=parse_pairs,
    help="A column of the table that the files lack: one value for all rows. May be repeated.",
)
@click.option(
    "--context",
    metavar="KEY=VALUE",
    multiple=True,
    callback=parse_context,
    help="Kept in the ledger with every file, e.g. run=w_2025_27. May be repeated.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Put changed files in the place of those loaded before, each in one transaction.",
)
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Files loaded at a time at most, each by a process of its own.",
)
@click.option(
    "--memory",
    default="512MiB",
    show_default=True,
    callback=parse_bytes,
    help="What rows on their way into the database may take, in all processes together.",
)
@click.option(
    "--watch",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Load what arrives in a folder, until SIGINT or SIGTERM.",
)
@click.option("--once", is_flag=True, help="With --watch: end when all that lies there is done.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0.0),
    default=5.0,
    show_default=True,
    help="With --watch: how long a file must stay unchanged to be taken as whole [s].",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per file, as it is done."
)
@click.pass_obj
def load(
    stop: Event,
    /,
    paths: tuple[str, ...],
    watch: Path | None,
    once: bool,
    settle: float,
    jobs: int,
    as_json: bool,
    context: dict[str, str],
    **options: Any,
) -> None:
    """Load catalogs into their tables, each exactly once.

    PATHS are files (Parquet, FITS, ECSV, VOTable; gzipped or not), folders of them, load units
    (folders with a manifest.json), patterns in quotes, or - for a list of paths on standard input.
    Loading the same content again does nothing and says so. A file with anything wrong in it is
    refused as a whole, and a unit with one such file: nothing of it stays, and the ledger says why.
    A path named like one of the commands below is given as ./list.

    \b
    Examples:
      skytract load night_2025-06-30/ --jobs 4
      skytract load 'out/**/Source_*.parquet' --context run=w_2025_27
      skytract load tract_9813/                    # a unit: all of it or nothing
      find out -name '*.fits' -print0 | skytract load -
      skytract load --replace Source_17_4.parquet  # it was made again
      skytract load src_HSC_i_903986_31.fits.gz --set visit=903986 --set detector=31
      skytract load --watch /data/landing
      skytract load list --state refused

    \b
    Exit codes:
      0  all are loaded, or were so already
      1  something was refused
      2  wrong usage: nothing was tried
      3  the server or the connection was lost: nothing half stays, run it again
    """
    from skytract.loaders.commands import load_run

    if watch is not None and jobs > 1:
        raise click.UsageError("--jobs is for PATHS: a landing folder is loaded file by file.")
    if watch is not None and not paths:
        given = {**options, **context}
        sys.exit(load_run.run_watch(watch, settle, once, as_json, given, stop))
    if watch is not None or not paths or once:
        raise click.UsageError("Give PATHS, or --watch DIR; --once is for --watch.")
    sys.exit(load_run.run_paths(paths, jobs, as_json, {**options, **context}))


for command in (list_, show, undo, manifest):
    load.add_command(command)
