"""Options that the commands of `skytract calibrate` share."""

import click

JOBS = click.option(
    "--jobs", default=2, show_default=True, type=click.IntRange(1), help="Partitions at a time."
)
NAME = click.option("--name", required=True, help="Name of the new solution, of your choice.")
