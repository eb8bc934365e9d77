"""Warnings of the database for people at the command line."""

from collections.abc import Callable
from typing import Any

import click
import psycopg

from skytract.loaders.connect import connect

SHOWN = 5
"""Warnings that are printed; of a thousand partitions each may have one."""


def listener(said: list[str]) -> Callable[[], psycopg.Connection[Any]]:
    """Open connections of the manager whose warnings are appended to a list, as sentences."""

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            hint = f" {notice.message_hint}" if notice.message_hint else ""
            said.append(f"{notice.message_primary}.{hint}")

    def opened() -> psycopg.Connection[Any]:
        connection = connect("manager")
        connection.add_notice_handler(hear)
        return connection

    return opened


def print_warnings(said: list[str]) -> None:
    """Print the first warnings, and the number of others."""
    for warning in said[:SHOWN]:
        click.echo(f"Warning: {warning}", err=True)
    if len(said) > SHOWN:
        click.echo(f"There were {len(said) - SHOWN} more warnings.", err=True)
