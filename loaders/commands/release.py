"""`skytract release`: create, list and publish data releases."""

import click

from skytract.loaders.connect import connect


@click.group()
def release() -> None:
    """Create, list and publish data releases, each a schema of the DPDD's tables.

    \b
    Example:
      skytract release create dr1
      skytract process dr1 --solution first --catalog ps1_pv3
      skytract release publish dr1        # frozen: nobody can write to it any more
    """


@release.command()
@click.argument("name")
def create(name: str) -> None:
    """Make the tables of a new, open release.

    \b
    Example:
      skytract release create dr1
    """
    from skytract.loaders.release import create_release

    with connect("owner") as connection:
        create_release(connection, name)
    click.echo(f"Release {name} is open: fill it with `skytract process {name}`.")


@release.command()
@click.argument("name")
def publish(name: str) -> None:
    """Freeze a release: from now on nobody can write to its tables.

    \b
    Example:
      skytract release publish dr1
    """
    from skytract.loaders.release import publish_release

    with connect("manager") as connection:
        publish_release(connection, name)
    click.echo(f"Release {name} is published: its tables take no more writes.")


@release.command("list")
def list_() -> None:
    """List the releases of this database.

    \b
    Example:
      skytract release list
    """
    from rich.console import Console
    from rich.table import Table

    from skytract.loaders.release import list_releases

    with connect("reader") as connection:
        rows = list_releases(connection)
    if not rows:
        click.echo("There is no release yet: make one with `skytract release create dr1`.")
        return
    table = Table("release", "state", "tables", "code", "solution", "created", "published")
    for row in rows:
        published = row["publishedat"]
        table.add_row(
            row["release"],
            row["state"],
            row["schemaversion"],
            row["codeversion"],
            str(row["solutionid"] or ""),
            f"{row['createdat']:%Y-%m-%d %H:%M}",
            f"{published:%Y-%m-%d %H:%M}" if published else "",
        )
    Console().print(table)
