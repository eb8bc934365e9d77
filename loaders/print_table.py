"""Prints tables whole: folded to the width of a terminal, else one row per line of any length."""

from rich.console import Console
from rich.table import Table


def print_table(table: Table, err: bool = False) -> None:
    """Print a table to standard output, or to standard error; no value is cut short."""
    console = Console(stderr=err)
    for column in table.columns:
        column.overflow = "fold"
    if not console.is_terminal:
        # Programs and log files read lines: what belongs together stays in one.
        console = Console(stderr=err, width=Console(width=1_000_000).measure(table).maximum)
    console.print(table)
