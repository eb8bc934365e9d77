"""`skytract calibrate seds` and `star-seds`: spectra of objects from their colours."""

import click

from skytract.pipelines.commands.calibrate_options import JOBS, NAME
from skytract.pipelines.commands.calibrate_report import print_report
from skytract.pipelines.commands.hear_warnings import listener, print_warnings
from skytract.pipelines.commands.progress_bar import progress_bar

TEMPLATES = click.option(
    "--templates", help="Grid of templates; default is the newest, made if none is."
)
PASSBANDS = click.option(
    "--passbands", help="Set of `skytract sed passbands`; default is the newest."
)


@click.command()
@click.argument("release")
@NAME
@TEMPLATES
@PASSBANDS
@click.option("--psf-seds", help="SEDs that PSF fluxes were measured with; default is flat ones.")
@JOBS
def seds(
    release: str, name: str, templates: str | None, passbands: str | None, psf_seds: str | None,
    jobs: int,
) -> None:  # fmt: skip
    """Infer the spectrum of every object of RELEASE from its colours.

    A spectrum is the mean of the templates that have the object's colours (posterior), a smooth
    curve through its magnitudes where none has (spline), or flat where it is seen in one band.
    It works partition by partition: killed, and run again, it goes on; objects that have come
    since are added. The library and the passbands of all visits must be there.

    \b
    Examples:
      skytract sed library
      skytract sed passbands night
      skytract calibrate seds dr1 --name seds1
      skytract process dr1 --seds seds1
    """
    from skytract.loaders.wording import count
    from skytract.pipelines.infer_release_seds import SedSettings, infer_release_seds

    settings = SedSettings(templates, passbands, psf_seds)
    said: list[str] = []
    with progress_bar() as progress:
        new = infer_release_seds(listener(said), release, name, settings, jobs, progress)
    with listener(said)() as connection:
        print_report(connection, name)
    print_warnings(said)
    click.echo(
        f"{count(new, 'new object')} in the SEDs {name}:"
        f" `skytract process {release} --seds {name}`."
    )


@click.command("star-seds")
@click.argument("solution")
@NAME
@TEMPLATES
@PASSBANDS
def star_seds(solution: str, name: str, templates: str | None, passbands: str | None) -> None:
    """Infer the spectra of the stars of SOLUTION, a joint photometric one, for the next fit.

    Bright stars, which are saturated in some bands of the release, have their reference star's
    fluxes there, and so the spectrum that zero points in u need.

    \b
    Examples:
      skytract calibrate star-seds flat --name stars1
      skytract calibrate photometry dr1 --name zp1 --reference ps1 --seds stars1
    """
    from skytract.loaders.wording import count
    from skytract.pipelines.infer_release_seds import SedSettings
    from skytract.pipelines.infer_star_seds import infer_star_seds

    said: list[str] = []
    with listener(said)() as connection:
        n = infer_star_seds(connection, solution, name, SedSettings(templates, passbands))
        print_report(connection, name)
    print_warnings(said)
    click.echo(f"{count(n, 'star')} in the SEDs {name}: fit again with --seds {name}.")
