"""`skytract server`: the private PostgreSQL server, started, stopped, looked at, destroyed."""

import os
import sys

import click

from skytract.loaders import server as private
from skytract.loaders.dsn import VARIABLE, uses_dsn
from skytract.loaders.home import Home
from skytract.loaders.server_python import code_folder

NOT_RUNNING = 3
"""Exit code of `status` for a server that does not run, as `pg_ctl status` has it."""


@click.group(
    epilog="Example: `skytract server start`, then `skytract migrate` and `skytract sql`.",
)
def server() -> None:
    """Start, stop and look at the private PostgreSQL server.

    It lives in one folder, the home: $SKYTRACT_HOME, by default ~/.skytract (for root the folder
    skytract of the account postgres, which then runs it). It listens on a unix socket only, which
    nobody else can reach. Two homes are two servers.
    """


@server.command(epilog="Example: `SKYTRACT_HOME=/data/survey skytract server start`.")
def start() -> None:
    """Start the server; the first time, make its data directory and database."""
    _report(private.start())
    _mention_dsn()


@server.command(epilog="Example: `skytract server stop`.")
def stop() -> None:
    """Stop the server; open transactions are rolled back, data stay."""
    home = Home.default()
    stopped = private.stop(home)
    click.echo(f"The server in {home.path} {'is stopped' if stopped else 'was not running'}.")


@server.command(epilog="Example: `skytract server restart`, after an update of the code.")
def restart() -> None:
    """Stop the server and start it again, with new settings and new code."""
    _report(private.restart())


@server.command(epilog="Example: `skytract server status || skytract server start`.")
def status() -> None:
    """Say whether the server runs and where; the exit code is 3 when it does not."""
    found = private.status()
    _report(found)
    _mention_dsn()
    if not found.running:
        sys.exit(NOT_RUNNING)


@server.command(epilog="Example: `SKYTRACT_HOME=/data/trial skytract server destroy --yes`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(yes: bool) -> None:
    """Stop the server and delete it with all its data."""
    home = Home.default()
    if not home.exists():
        click.echo(f"There is no server in {home.path}.")
        return
    home.require()
    if not yes:
        size = f"{folder_bytes(home) / 1e9:.2f} GB"
        click.confirm(f"Delete the server in {home.path} with all its data ({size})?", abort=True)
    private.destroy(home)
    click.echo(f"The server in {home.path} and all its data are deleted.")


def folder_bytes(home: Home) -> int:
    """Return the size of all files of a home [bytes]."""
    sizes = 0
    for folder, _, names in os.walk(home.path):
        for name in names:
            # A running server removes files while we look.
            try:
                sizes += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return sizes


def _report(found: private.Status) -> None:
    home = found.home
    if not found.running:
        hint = "start it with `skytract server start`"
        click.echo(f"The server in {home.path} does not run: {hint}.")
        return
    click.echo(
        f"The server in {home.path} runs: PostgreSQL {found.major}, process {found.pid}, "
        f"socket {home.run}, log {home.log}."
    )
    if found.code != code_folder():
        click.echo(
            f"It runs the code in {found.code}, not the one in {code_folder()}: "
            "`skytract server restart` changes that."
        )


def _mention_dsn() -> None:
    if uses_dsn():
        click.echo(f"{VARIABLE} is set: other commands use the server that it names, not this one.")
