"""`skytract calibrate`: make named calibration solutions, and see how good they are."""

from collections.abc import Callable
from typing import Any

import click

from skytract.pipelines.commands.calibrate_options import JOBS, NAME
from skytract.pipelines.commands.calibrate_report import list_, print_report, report
from skytract.pipelines.commands.calibrate_seds import seds, star_seds
from skytract.pipelines.commands.hear_warnings import listener, print_warnings
from skytract.pipelines.commands.progress_bar import progress_bar

Command = Callable[..., None]


@click.group()
def calibrate() -> None:
    """Make named solutions for a release: zero points, WCS, spectra of its objects.

    Solutions are added, never changed; a release takes those that `skytract process` names. So a
    survey is calibrated: first with flat spectra, then with those that its colours tell.

    \b
    Example:
      skytract sed library                       # once
      skytract sed passbands night               # of all visits
      skytract calibrate photometry dr1 --name flat --reference ps1
      skytract calibrate star-seds flat --name stars1
      skytract calibrate photometry dr1 --name zp1 --reference ps1 --seds stars1
      skytract calibrate astrometry dr1 --name wcs1 --reference gaia --seds stars1
      skytract process dr1 --solution zp1 --astrometry wcs1
      skytract calibrate seds dr1 --name seds1   # of all its objects
      skytract process dr1 --seds seds1
      skytract calibrate report zp1
    """


def _fit_options(catalog: str, held_out: float, radius: float) -> Callable[[Command], Command]:
    """Options that both fits have."""
    options = [
        click.argument("groups", metavar="RELEASE|TABLE"),
        NAME,
        click.option("--reference", required=True, help=f"Loaded reference catalog: {catalog}."),
        click.option("--seds", help="Take out what each star's spectrum does: SEDs by name."),
        click.option("--bands", default="ugrizy", show_default=True, help="Bands to be fitted."),
        click.option("--min-snr", type=float, help="Of stars, their mean in a band; default 50."),
        click.option("--isolation", type=float, help="Stars are alone so far, arcsec; default 2."),
        click.option(
            "--held-out",
            type=click.FloatRange(0, 0.5),
            help=f"Part of the stars that only test the fit; default {held_out}.",
        ),
        click.option(
            "--radius",
            type=click.FloatRange(0.001, 60),
            help=f"Of matches with reference stars, arcsec; default {radius}.",
        ),
        JOBS,
    ]

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _order(name: str, least: int, text: str) -> Callable[[Command], Command]:
    """Return an option for the order of a polynomial."""
    return click.option(name, type=click.IntRange(least, 8), help=text)


@calibrate.command()
@_fit_options("its fluxes are in the survey's own passbands", held_out=0.1, radius=0.5)
@click.option("--no-star-flats", is_flag=True, help="Fit zero points alone.")
def photometry(groups: str, no_star_flats: bool, **options: Any) -> None:
    """Fit zero points and star flats of all visits and detectors together.

    Repeated measurements of clean stars agree as well as they can; reference stars say where zero
    is. Detections are those of RELEASE, associated first if they are not yet, or of a TABLE with
    hpx29, sourceId and objectId. A tenth of the stars takes no part and tells how well fluxes
    repeat, beside what their noise alone gives.

    \b
    Examples:
      skytract calibrate photometry dr1 --name zp1 --reference ps1
      skytract calibrate photometry dr1 --name zp2 --reference ps1 --seds seds1
      skytract process dr1 --solution zp1
    """
    _fit("photometry", "solution", groups, star_flats=not no_star_flats, **options)


@calibrate.command()
@_fit_options("positions, with proper motions if it has them", held_out=0.2, radius=1)
@_order("--detector-order", 1, "Of the polynomial of each detector; default 4.")
@_order("--visit-order", 1, "Of the polynomial of each visit over its field; default 4.")
@_order("--image-order", -1, "Of that of each image, what the air does; default 3, -1: none.")
@click.option(
    "--turbulence",
    "turbulence_mas",
    type=click.FloatRange(0, min_open=True),
    help="Width of what the air does, mas; default 10.",
)
def astrometry(groups: str, **options: Any) -> None:
    """Fit the WCS of all visits and detectors together, and motions of the stars.

    Detectors, visits, the air of each image and the stars are fitted at once, tied to the
    reference catalog at the epoch of each visit. Detections are those of RELEASE, associated first
    if they are not yet, or of a TABLE with hpx29, sourceId and objectId. A fifth of the stars takes
    no part and tells how well positions repeat.

    \b
    Examples:
      skytract calibrate astrometry dr1 --name wcs1 --reference gaia
      skytract calibrate astrometry dr1 --name wcs2 --reference gaia --bands gri --seds seds1
      skytract process dr1 --astrometry wcs1
    """
    _fit("astrometry", "astrometry", groups, **options)


def _fit(
    kind: str, option: str, groups: str, name: str, reference: str, jobs: int, bands: str,
    radius: float | None, isolation: float | None, **options: Any,
) -> None:  # fmt: skip
    """Fit, report, and say what comes next."""
    from rich.console import Console

    from skytract.pipelines.fit_release import associate_release, fit_jointly, require_fit

    options |= {"bands": list(bands), "radius_arcsec": radius, "isolation_arcsec": isolation}
    said: list[str] = []
    with listener(said)() as connection:
        require_fit(connection, name, reference, **options)
    with progress_bar() as progress:
        associate_release(listener(said), groups, jobs, progress)
    with listener(said)() as connection:
        with Console().status(f"{kind} of {groups}"):
            fitted = fit_jointly(connection, kind, name, groups, reference, **options)
        print_report(connection, name)
    print_warnings(said)
    click.echo(
        f"{fitted:,} visit-detectors are in the solution {name}:"
        f" `skytract process RELEASE --{option} {name}`."
    )


calibrate.add_command(seds)
calibrate.add_command(star_seds)
calibrate.add_command(report)
calibrate.add_command(list_)
