"""`skytract forced`: fluxes at the positions of a release's objects."""

from pathlib import Path

import click
from rich.progress import Progress

from skytract.loaders.connect import connect


@click.command()
@click.argument("release")
@click.argument("exposures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the ForcedSource catalogs.",
)
def forced(release: str, exposures: Path, out: Path) -> None:
    """Measure every object of RELEASE on every calibrated exposure, detected there or not.

    The positions come from the database; EXPOSURES is the folder that `skytract frames` wrote.

    \b
    Example:
      skytract forced dr1 catalogs --out forced
      skytract load forced
      skytract process dr1              # calibrates the forced fluxes too
    """
    from skytract.pipelines.force_release import force_release

    with connect("reader") as connection, Progress(transient=True) as bar:
        task = bar.add_task("exposures", total=None)
        written = force_release(
            connection,
            release,
            exposures,
            out,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    click.echo(
        f"{len(written)} catalogs of forced fluxes in {out}: load them with `skytract load {out}`."
    )
