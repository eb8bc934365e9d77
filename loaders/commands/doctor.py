"""`skytract doctor`: what is installed, what is missing, and what to do."""

import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from skytract.loaders.doctor import Finding, examine

MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}


@click.command(
    epilog="Example: `skytract doctor`. The exit code is 1 when something keeps skytract from "
    "running."
)
@click.option("--rows", is_flag=True, help="Count the rows of every load, too: all are read.")
def doctor(rows: bool) -> None:
    """Print what is installed, what is missing, and what to do."""
    findings = examine(rows)
    Console(soft_wrap=False).print(as_table(findings))
    if any(finding.state == "bad" for finding in findings):
        sys.exit(1)


def as_table(findings: list[Finding]) -> Table:
    """Lay findings out as a table, one row each."""
    table = Table("what", "state", "found", title="skytract doctor", show_lines=False)
    table.columns[0].no_wrap = True
    table.columns[2].overflow = "fold"
    for finding in findings:
        table.add_row(finding.what, MARKS[finding.state], escape(finding.found))
        if finding.remedy:
            table.add_row("", "", f"[bold]{escape(finding.remedy)}[/]")
    return table
