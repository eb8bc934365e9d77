"""`skytract user`: scientists with a role and a schema of their own."""

import click

from skytract.loaders.connect import connect


@click.group()
def user() -> None:
    """Give a scientist a role that reads releases and a schema my_<user> to write in.

    \b
    Example:
      skytract user add observer
      skytract sql --user observer
    """


@user.command()
@click.argument("name")
def add(name: str) -> None:
    """Make the role NAME and the schema my_NAME.

    \b
    Example:
      skytract user add observer
    """
    import psycopg

    from skytract.loaders.errors import SkytractError

    with connect("manager") as connection:
        try:
            connection.execute("SELECT meta.create_user(%s)", (name,))
        except psycopg.errors.DuplicateObject as error:
            raise SkytractError(f"There is a user {name} already: choose another name.") from error
        except psycopg.errors.RaiseException as error:
            said = error.diag
            raise SkytractError(f"{said.message_primary}. {said.message_hint}") from error
    click.echo(f"{name} reads all releases and keeps own tables in the schema my_{name}.")
