"""What a user sees of loads: a bar with rows per second and time left, a summary, the refusals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from skytract.loaders.load import LoadResult
from skytract.loaders.load_refused import printable
from skytract.loaders.load_size import Size
from skytract.loaders.print_table import print_table
from skytract.loaders.wording import count

SHOWN = 100
"""Refusals that are printed; the ledger has all of them."""


class LoadBar:
    """A progress bar; where sizes are all known, it says how many rows there are in all.

    Time left follows from bytes: rows of different tables are not alike.

    Parameters
    ----------
    sizes : mapping of Path to Size
        Of the files and units; none for no bar.
    console : Console, optional
        Where it is drawn.
    """

    def __init__(self, sizes: Mapping[Path, Size], console: Console | None = None) -> None:
        self.sizes = sizes
        known = [size.rows for size in sizes.values() if size.rows is not None]
        self.total = sum(known) if len(known) == len(self.sizes) else None
        self.rows, self.files, self.copied = 0, 0, Counter[Path]()
        self.progress = Progress(
            TextColumn("Loading"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console or Console(stderr=True),
            disable=not self.sizes,
            transient=True,
        )
        total = sum(size.bytes for size in sizes.values())
        self.task = self.progress.add_task("", total=total, text="")

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def count(self, path: Path, rows: int) -> None:
        """Note that rows of a file, or unit, were copied, perhaps again."""
        size = self._size(path)
        if size.rows is not None:
            rows = min(rows, size.rows - self.copied[path])
        self.rows += rows
        self.copied[path] += rows
        self.progress.advance(self.task, self._share(path, rows))
        self._write()

    def finish(self, result: LoadResult) -> None:
        """Note that a file is done: rows are those that are there now.

        What of it was not copied takes no time any more.
        """
        size, task = self._size(result.path), self.progress.tasks[self.task]
        copied = self.copied.pop(result.path, 0)
        rest = size.bytes - self._share(result.path, copied)
        loaded = result.state == "loaded"
        self.rows += (result.rows if loaded else 0) - copied
        if loaded:
            self.progress.advance(self.task, rest)
        else:
            self.progress.update(self.task, total=(task.total or 0.0) - rest)
            if self.total is not None:
                self.total -= size.rows or 0
        self.files += 1
        self._write()

    def _share(self, path: Path, rows: int) -> float:
        """Return the bytes that rows of a file stand for."""
        size = self._size(path)
        return size.bytes * rows / size.rows if size.rows else 0.0

    def _size(self, path: Path) -> Size:
        return self.sizes.get(path, Size(None, 0))

    def _write(self) -> None:
        elapsed = self.progress.tasks[self.task].elapsed or 0.0
        rate = self.rows / max(elapsed, 1e-3)
        of = "" if self.total is None else f"/{self.total:,}"
        files = f"{self.files}/{len(self.sizes)} files"
        text = f"{files}, {self.rows:,}{of} rows, {rate:,.0f} rows/s"
        self.progress.update(self.task, text=text)


def report(results: Sequence[LoadResult], took: float | None = None) -> None:
    """Print files and rows per kind and state, then what was refused and why.

    Parameters
    ----------
    results : sequence of LoadResult
        Of the whole command.
    took : float, optional
        How long it took [s], where it did nothing but load.
    """
    files = Counter((result.kind or "?", result.state) for result in results)
    table = Table("kind", "state", "files", "rows", "rows/s a loader")
    for (kind, state), number in sorted(files.items()):
        same = [r for r in results if (r.kind or "?", r.state) == (kind, state)]
        rows, seconds = sum(r.rows for r in same), sum(r.seconds for r in same)
        rate = f"{rows / seconds:,.0f}" if state == "loaded" and seconds else ""
        table.add_row(kind, state, str(number), f"{rows:,}", rate)
    print_table(table)
    loaded = sum(result.rows for result in results if result.state == "loaded")
    if loaded and took:
        rate = f"{loaded / took:,.0f} rows/s"
        click.echo(f"In all: {count(loaded, 'row')} in {took:.1f} s, {rate}.")
    replaced = sum(len(result.replaced) for result in results)
    if replaced:
        click.echo(f"Replaced: {count(replaced, 'load')}, `skytract load list --state replaced`.")
    for result in results[:SHOWN]:
        if result.note:
            click.echo(
                f"{_short(result.path)}, already load {result.load_id}: {result.note}", err=True
            )
    refused = [result for result in results if result.error]
    if refused:
        _report_refused(refused)


def _report_refused(refused: Sequence[LoadResult]) -> None:
    """Print why files were refused."""
    table = Table("load", "file", "refused because", show_lines=True)
    for result in refused[:SHOWN]:
        table.add_row(
            str(result.load_id or ""), Text(printable(str(result.path))), Text(reason(result))
        )
    print_table(table, err=True)
    if len(refused) > SHOWN:
        more = len(refused) - SHOWN
        click.echo(f"{more} more: `skytract load list --state refused` has all of them.", err=True)


def reason(result: LoadResult) -> str:
    """Return why a file was refused, without the path that the sentence begins with."""
    error = result.error or ""
    rest = error.removeprefix(printable(str(result.path)))
    return error if rest == error else rest.lstrip(":, /")


def line(result: LoadResult) -> str:
    """Say in one line what became of a file."""
    what = f"{result.kind or 'no kind'}, {count(result.rows, 'row')}"
    if result.error:
        what = reason(result)
    elif result.state == "loaded":
        what += f", {result.seconds:.2f} s"
        if result.replaced:
            what += f", in the place of load {', '.join(map(str, result.replaced))}"
    elif result.note:
        what += f"; {result.note}"
    load = f" (load {result.load_id})" if result.load_id else ""
    return f"{result.state}  {_short(result.path)}: {what}{load}"


def _short(path: Path) -> str:
    return printable(path.name or str(path))
