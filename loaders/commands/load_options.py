"""What the options of `skytract load` may be, checked before anything is loaded."""

import inspect
import re
from typing import Any

import click

from skytract.loaders.errors import SkytractError

SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9} | {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LEAST_MEMORY = 16 << 20
"""Less than this is a slip of the keyboard [bytes]."""


def parse_pairs(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return KEY=VALUE texts as a dictionary."""
    pairs = [text.partition("=") for text in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            form = str(parameter.metavar).lower()
            raise click.BadParameter(f"write it as {form}, not {name}{equals}{value}")
    return {name: value for name, _, value in pairs}


def parse_context(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return what is to be kept in the ledger, under keys that it does not use itself."""
    from skytract.loaders.load import load_file, load_paths
    from skytract.loaders.load_jobs import load_in_processes
    from skytract.loaders.load_unit import load_unit

    pairs = parse_pairs(context, parameter, given)
    loads = (load_file, load_in_processes, load_paths, load_unit)
    taken = {name for load in loads for name in inspect.signature(load).parameters}
    for name in pairs.keys() & taken:
        raise click.BadParameter(f"the ledger has a {name} of its own: choose another key")
    return pairs


def parse_kind(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """Return the name of a table as it is spelt."""
    from skytract.loaders.load_target import find_target

    return None if given is None else _checked(find_target, given).kind


def parse_dialect(
    context: click.Context, parameter: click.Parameter, given: str | None
) -> str | None:
    """Return the name, or path, of a dialect that there is."""
    from skytract.loaders.dialect import read_dialect

    if given is not None:
        _checked(read_dialect, given)
    return given


def _checked(find: Any, name: str) -> Any:
    try:
        return find(name)
    except SkytractError as error:
        raise click.BadParameter(str(error)) from error


def parse_bytes(context: click.Context, parameter: click.Parameter, given: str) -> int:
    """Return a size such as 512MiB in bytes; with too little, every row would go by itself."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([a-zA-Z]+)", given.strip())
    if not found or found[2] not in SIZES:
        raise click.BadParameter(f"write a number and a unit of {', '.join(SIZES)}, as in 512MiB")
    size = int(float(found[1]) * SIZES[found[2]])
    if size < LEAST_MEMORY:
        raise click.BadParameter(f"{given} is too little: give 16MiB or more")
    return size


def require_memory(memory: int, jobs: int) -> None:
    """Refuse so many loaders with so little memory in all [bytes]."""
    if memory < jobs * LEAST_MEMORY:
        least = jobs * LEAST_MEMORY >> 20
        raise click.UsageError(
            f"Give --memory {least}MiB or more for {jobs} jobs, or fewer --jobs."
        )
