"""`skytract load list|show|undo|manifest`: what was loaded, what it was, and taking it out."""

import json
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skytract.loaders.connect import connect
from skytract.loaders.wording import count

if TYPE_CHECKING:
    from skytract.loaders.ledger import Entry

STATES = ("loading", "loaded", "refused", "undone", "replaced")
PLACES_SHOWN = 20
"""Places of a load that are printed; --json has all of them."""


@click.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only loads of this state.")
@click.option("--kind", metavar="KIND", help="Only loads of this table, or Manifest: the units.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10**9),
    default=20,
    show_default=True,
    help="How many at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per load.")
def list_(state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List loads, the newest first; a unit in one line.

    \b
    Examples:
      skytract load list
      skytract load list --state refused --limit 100
      skytract load list --kind Source --json
    """
    from rich.table import Table
    from rich.text import Text

    from skytract.loaders.ledger import list_loads
    from skytract.loaders.print_table import print_table

    with connect("reader") as connection:
        entries = list_loads(connection, state, kind, limit)
    if as_json:
        for entry in entries:
            click.echo(json.dumps(_plain(entry)))
        return
    if not entries:
        click.echo("There is no such load: `skytract load PATH` makes one.")
        return
    table = Table("load", "state", "what", "rows", "began (UTC)", "took", "file")
    for entry in entries:
        table.add_row(
            str(entry.load_id),
            entry.state,
            Text(entry.identity or entry.kind or "?"),
            "" if entry.rows is None else f"{entry.rows:,}",
            f"{entry.started.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            _took(entry),
            Text(entry.path),
        )
    print_table(table)
    if len(entries) == limit:
        click.echo(f"These are the newest {limit}: --limit shows more.")


@click.command()
@click.argument("load_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(load_id: int, as_json: bool) -> None:
    """Show all that the ledger knows of a load: also what it replaced, or what replaced it.

    \b
    Examples:
      skytract load show 12
      skytract load show 12 --json | jq -r .error
    """
    from rich.table import Table
    from rich.text import Text

    from skytract.loaders.ledger import show_load
    from skytract.loaders.print_table import print_table

    with connect("reader") as connection:
        entry, files, places, replaced = show_load(connection, load_id)
        by = entry.replaced_by
        successor = show_load(connection, by).entry if by else None
    found = {
        **_plain(entry),
        "replaced": [_plain(old) for old in replaced],
        "files": [_plain(file) for file in files],
        "holds": [str(place) for place in places],
    }
    if as_json:
        click.echo(json.dumps(found))
        return
    if successor:
        found["replaced_by"] = _file(_plain(successor))
    table = Table("what", "value", show_header=False)
    for name, value in found.items():
        if value not in (None, []):
            table.add_row(name.replace("_", " "), Text(_text(name, value)))
    print_table(table)


@click.command()
@click.argument("load_id", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(load_id: int, yes: bool) -> None:
    """Take a load, or the whole unit it belongs to, out again.

    It is refused while other loaded rows refer to them. The same files can be loaded again later,
    and so can those that it replaced: they do not come back by themselves.

    \b
    Example:
      skytract load undo 12
    """
    from skytract.loaders.ledger import show_load
    from skytract.loaders.undo import undo_load

    with connect("loader") as connection:
        shown = show_load(connection, load_id)
        if shown.entry.unit_id is not None:
            shown = show_load(connection, shown.entry.unit_id)
        whole = shown.entry
        if whole.load_id != load_id:
            click.echo(f"Load {load_id} is part of unit {whole.identity}, load {whole.load_id}.")
        if whole.state == "loaded":
            for old in shown.replaced:
                click.echo(
                    f"Load {old.load_id} ({old.path}), whose place it took, does not come back: "
                    "load that file again for it."
                )
        if not yes and whole.state == "loaded":
            click.confirm(
                f"Take out load {whole.load_id}, {whole.identity or whole.kind} from {whole.path},"
                f" with {count(whole.rows or 0, 'row')}?",
                abort=True,
            )
        result = undo_load(connection, load_id)
    counts = ", ".join(f"{count(rows, 'row')} of {kind}" for kind, rows in result.rows.items())
    click.echo(f"Load {result.load_id} is undone: {counts or 'no rows'} removed.")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="Name of the unit; default is that of the folder.")
@click.option("--tract", type=int, help="The one tract that its rows lie in.")
@click.option("--patch", "patches", type=int, multiple=True, help="A patch; may be repeated.")
def manifest(folder: Path, name: str | None, tract: int | None, patches: tuple[int, ...]) -> None:
    """Make a folder of catalogs a load unit: write its manifest.json.

    It lists every file with its rows and checksum; write it when the files are complete.

    \b
    Example:
      skytract load manifest tract_9813 --tract 9813
      skytract load tract_9813
    """
    from skytract.loaders.manifest import write_manifest

    path = write_manifest(folder, name or folder.resolve().name, tract, list(patches) or None)
    listed = json.loads(path.read_bytes())["files"]
    rows = sum(file["rows"] for file in listed)
    click.echo(f"{path}: {count(len(listed), 'file')}, {count(rows, 'row')}.")


def _plain(entry: "Entry") -> dict[str, Any]:
    """Return an entry as JSON can hold it."""
    values = {**asdict(entry), "context": json.loads(entry.context)}
    for name in ("started", "finished", "removed"):
        if values[name] is not None:
            values[name] = values[name].isoformat(timespec="milliseconds")
    return values


def _took(entry: "Entry") -> str:
    if entry.finished is None:
        return "runs, or was killed"
    return f"{(entry.finished - entry.started).total_seconds():.1f} s"


def _file(entry: dict[str, Any]) -> str:
    """Name a load by what it is and its file."""
    return f"load {entry['load_id']}: {entry['identity'] or entry['kind']}, {entry['path']}"


def _text(name: str, value: Any) -> str:
    """Return a value of `show` as people read it."""
    if name in ("files", "replaced"):
        return "\n".join(map(_file, value))
    if name == "holds":
        more = [f"and {len(value) - PLACES_SHOWN} more"] if len(value) > PLACES_SHOWN else []
        return "\n".join(value[:PLACES_SHOWN] + more)
    if name == "context":
        return json.dumps(value, indent=1) if value else "{}"
    return f"{value:,}" if name in ("rows", "bytes") else str(value)
