"""`skytract partition`: plan, list and split the HEALPix partitions."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skytract.loaders.connect import connect
from skytract.loaders.wording import count

if TYPE_CHECKING:
    from skytract.loaders.partition_plan import Density, PlannedCell
    from skytract.loaders.partition_split import Split

TESSELLATION = click.option(
    "--tessellation", default="raw", show_default=True, help="Schema: raw, or an open release."
)
PATIENCE = click.option(
    "--patience",
    type=click.FloatRange(min=0.0),
    default=60.0,
    show_default=True,
    help="How long to wait for those who use the tables [s].",
)


@click.group()
def partition() -> None:
    """Plan, list and split the HEALPix partitions.

    All partitioned tables of a schema have the same bounds: HEALPix cells, each of an order that
    suits the number of rows there.

    \b
    Example:
      skytract partition list
      skytract partition plan --from raw.Source --budget 1000000
      skytract partition split --scheduled
    """


@partition.command("list")
@TESSELLATION
def list_(tessellation: str) -> None:
    """List the partitions with their rows (estimated from their size) and bytes.

    \b
    Example:
      skytract partition list --tessellation dr1
    """
    from rich.console import Console
    from rich.filesize import decimal
    from rich.table import Table

    from skytract.loaders.errors import SkytractError
    from skytract.loaders.partition import partition_sizes

    with connect("reader") as connection:
        sizes = partition_sizes(connection, tessellation)
    if not sizes:
        raise SkytractError(
            f"There is no tessellation {tessellation}: it has the name of its schema, raw or a "
            "release (`skytract release list`)."
        )
    table = Table("cell", "first hpx29", *(f"{name} rows" for name in sizes[0].rows), "size")
    for size in sizes:
        rows = ("?" if n is None else f"{n:,}" for n in size.rows.values())
        table.add_row(
            f"{size.cell.ord}/{size.cell.pixel}", str(size.lo), *rows, decimal(size.bytes)
        )
    Console().print(table)


@partition.command()
@click.option(
    "--from",
    "source",
    required=True,
    help="Where the rows are: a partitioned table (raw.Source), a .parquet catalog with ra and dec"
    " [deg], or a .npy HEALPix map of counts (NESTED).",
)
@click.option("--budget", type=int, required=True, help="Rows a partition should hold at most.")
@click.option("--apply", is_flag=True, help="Split the partitions until they are as planned.")
@TESSELLATION
@PATIENCE
def plan(source: str, budget: int, apply: bool, tessellation: str, patience: float) -> None:
    """Compute partitions from a density of rows and a budget.

    \b
    Example:
      skytract partition plan --from raw.Source --budget 1000000
      skytract partition plan --from expected.npy --budget 1000000 --apply
    """
    from skytract.loaders.partition_plan import plan as make_plan
    from skytract.loaders.partition_split import refine

    planned = make_plan(_density(source), budget)
    _print_plan(planned, budget)
    if apply:
        with connect("owner") as connection:
            cells = [p.cell for p in planned]
            _report(refine(connection, tessellation, cells, patience))


@partition.command()
@click.option("--order", type=int, help="HEALPix order of the cell to split.")
@click.option("--pixel", type=int, help="NESTED index of the cell to split.")
@click.option("--oversized", is_flag=True, help="Split every cell that holds more than --budget.")
@click.option("--budget", type=int, help="Rows a partition may hold in any table.")
@click.option(
    "--scheduled",
    is_flag=True,
    help="Split the raw cells that loads found to hold more than meta.row_budget().",
)
@TESSELLATION
@PATIENCE
def split(
    order: int | None,
    pixel: int | None,
    oversized: bool,
    budget: int | None,
    scheduled: bool,
    tessellation: str,
    patience: float,
) -> None:
    """Split a cell into its four children while queries go on.

    Loads wait while the rows are copied, queries for the exchange only.

    \b
    Example:
      skytract partition split --scheduled
      skytract partition split --order 2 --pixel 77
      skytract partition split --oversized --budget 1000000
    """
    from skytract.loaders import partition_split
    from skytract.loaders.partition_schedule import split_scheduled

    one_cell = order is not None and pixel is not None
    if (
        [one_cell, oversized, scheduled].count(True) != 1
        or oversized != (budget is not None)
        or (order is None) != (pixel is None)
        or (scheduled and tessellation != "raw")
    ):
        raise click.UsageError(
            "Give either --order and --pixel, or --oversized and --budget, or --scheduled, which is"
            " for the raw tables."
        )
    with connect("owner") as connection:
        if scheduled:
            _report(split_scheduled(connection, patience))
        elif budget is not None:
            _report(partition_split.split_oversized(connection, tessellation, budget, patience))
        elif order is not None and pixel is not None:
            _report([partition_split.split(connection, tessellation, order, pixel, patience)])


def _density(source: str) -> "Density":
    from skytract.loaders.partition_density import density_of_file, density_of_table

    path = Path(source)
    if path.suffix in (".parquet", ".npy") or path.exists():
        return density_of_file(path)
    with connect("reader") as connection:
        return density_of_table(connection, source)


def _print_plan(planned: "list[PlannedCell]", budget: int) -> None:
    from rich.console import Console
    from rich.table import Table

    orders = Counter(p.cell.ord for p in planned)
    table = Table("order", "cells", "rows", "fullest cell")
    for order in sorted(orders):
        rows = [p.rows for p in planned if p.cell.ord == order]
        table.add_row(str(order), str(len(rows)), f"{sum(rows):,}", f"{max(rows):,}")
    Console().print(table)
    click.echo(f"{len(planned)} partitions.")
    over = [p.rows for p in planned if p.rows > budget]
    if over:
        click.echo(
            f"{len(over)} of them hold more than {budget:,} rows, the fullest {max(over):,}: "
            "raise the budget, or accept that."
        )


def _report(splits: "Iterable[Split]") -> None:
    done = 0
    for one in splits:
        done += 1
        click.echo(
            f"{one.cell.ord}/{one.cell.pixel}: {count(one.rows, 'row')} moved,"
            f" readers waited {1000 * one.swap_seconds:.0f} ms"
        )
    if not done:
        click.echo("No partition needs a split.")
