"""A bar per stage of a release, gone when all is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID

from skytract.pipelines import run_release


@contextmanager
def progress_bar() -> Iterator[run_release.Progress]:
    """Yield what is called with the name of a stage, and how many partitions of it are done.

    Without a terminal nothing is drawn.
    """
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        yield progress
