"""What a user sees of a load: a progress bar with rows per second, and a summary."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from skytract.loaders.load import LoadResult

Done = Callable[[LoadResult], None]


@contextmanager
def progress_of(files: int, visible: bool) -> Iterator[tuple[Callable[[int], None], Done]]:
    """Show a progress bar; yield what to call with rows just copied, and with a file just done."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[rows]:,} rows, {task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not visible,
        transient=True,
    ) as progress:
        task = progress.add_task("Loading", total=files, rows=0, rate=0.0)

        def count(rows: int) -> None:
            state = progress.tasks[task]
            total = state.fields["rows"] + rows
            progress.update(task, rows=total, rate=total / max(state.elapsed or 0.0, 1e-3))

        yield count, lambda result: progress.advance(task)


def report(results: Sequence[LoadResult]) -> None:
    """Print files and rows per kind and state, then why files were refused."""
    files = Counter((result.kind or "?", result.state) for result in results)
    table = Table("kind", "state", "files", "rows", "rows/s")
    for (kind, state), number in sorted(files.items()):
        same = [r for r in results if (r.kind or "?", r.state) == (kind, state)]
        rows, seconds = sum(r.rows for r in same), sum(r.seconds for r in same)
        rate = f"{rows / seconds:,.0f}" if state == "loaded" and seconds else ""
        table.add_row(kind, state, str(number), f"{rows:,}", rate)
    Console().print(table)
    errors = Console(stderr=True, soft_wrap=True)
    for result in results:
        if result.error:
            errors.print(f"Refused: {result.error}", markup=False, highlight=False)
