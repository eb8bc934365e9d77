"""`python -m bench [NAME...] [--json]`: run benchmarks and print each measure as it is done."""

import importlib
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from bench.measure import Measure, as_json, as_line
from bench.server import private_server

SERVING = {
    "__init__", "__main__", "backend", "closed_loop_scatter", "closed_loop_survey",
    "joint_data", "joint_survey", "load_data", "measure", "server",
}  # fmt: skip
"""Modules that benchmarks share."""


def names() -> list[str]:
    """Names of all benchmarks."""
    return sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - SERVING)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("chosen", metavar="[NAME]...", nargs=-1)
@click.option("--json", "as_objects", is_flag=True, help="One JSON object per measure.")
def main(chosen: tuple[str, ...], as_objects: bool) -> None:
    """Measure against peers and limits; fail if the answers differ.

    \b
    Example:
      python -m bench
      python -m bench cone load --json
    """
    unknown = set(chosen) - set(names())
    if unknown:
        raise click.UsageError(
            f"There is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(names())}."
        )
    form = as_json if as_objects else as_line
    with private_server():
        failed = [name for name in chosen or names() if not _run(name, form)]
    if failed:
        click.echo(f"Failed, or with answers that differ: {', '.join(failed)}.", err=True)
        sys.exit(1)


def benchmark(name: str) -> Callable[[], Iterable[Measure]]:
    """Return the function that runs a benchmark."""
    run: Callable[[], Iterable[Measure]] = importlib.import_module(f"bench.{name}").run
    return run


def _run(name: str, form: Callable[[Measure], str]) -> bool:
    """Print the measures of one benchmark; tell whether all went well."""
    agree = True
    try:
        for measure in benchmark(name)():
            click.echo(form(measure))
            agree &= measure["agree"]
    except Exception:
        traceback.print_exc()
        return False
    return agree


if __name__ == "__main__":
    main()
