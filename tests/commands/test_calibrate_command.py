"""`skytract calibrate photometry` and `astrometry`: fits to a release, their reports, the list."""

import json
import re
from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.home import Home
from tests.calibration.joint_sky import joint_sky
from tests.calibration.photometry_field import field
from tests.calibration.test_fit_joint_astrometry import load
from tests.raw_rows import insert

__all__ = ["field"]

Run = Callable[..., Result]


@pytest.fixture
def run(cluster: Home, module_database: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the database of this module."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", module_database)

    def command(*words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == code, done.output
        return done

    return command


def numbers(output: str, first: str) -> list[str]:
    """Cells of the row of a printed table that begins so."""
    (line,) = (line for line in output.splitlines() if re.match(rf"\W*{first}\b", line))
    return [cell.strip() for cell in re.split("[│|┃]", line)[1:-1]]


def parameters(connection: psycopg.Connection, name: str, keys: str) -> list[object]:
    """What a solution says that it was made with."""
    query = "SELECT parameters FROM calibration.Solution WHERE name = %s"
    ((known,),) = connection.execute(query, (name,)).fetchall()
    return [json.loads(known)[key] for key in keys.split()]


def test_photometry_of_a_release(run: Run, field: psycopg.Connection) -> None:
    """Associated first, once; the report is that of the database, untied images are named."""
    assert "no solutions yet" in run("calibrate", "list").output
    field.commit()
    fit = ("calibrate", "photometry", "dr1", "--reference", "truth", "--no-star-flats")
    done = run(*fit, "--name", "zp1")
    expected = field.execute(
        "SELECT band, 6, repeatabilityMmag, noiseMmag, nStar, nObs, nComponents"
        " FROM calibration.photometric_repeatability('zp1')"
    ).fetchone()
    assert expected is not None
    assert numbers(done.output, "r") == [
        f"{v:.2f}" if isinstance(v, float) else str(v) for v in expected
    ]
    assert "Warning: no star ties visit/detector 7/0, 8/0 to the" in done.output
    assert "lower min_snr" in done.output.lower(), "the remedy is told too"
    assert "6 visit-detectors are in the solution zp1" in done.output
    assert numbers(run("calibrate", "report", "zp1").output, "r") == numbers(done.output, "r")
    runs = "SELECT count(*) FROM meta.StageRun WHERE stage = 'association.associate_sources'"
    before = field.execute(runs).fetchone()
    settings = field.execute(
        "SELECT parameters::jsonb ->> 'star_flats', parameters::jsonb ->> 'held_out'"
        " FROM calibration.Solution"
    ).fetchone()
    assert settings == ("false", "0.1")
    settings = ["--bands", "r", "--min-snr", "40", "--held-out", "0.3", "--isolation", "1.5"]
    run(*fit, "--name", "zp2", *settings, "--radius", "0.4")
    assert field.execute(runs).fetchone() == before != (0,)
    assert parameters(field, "zp2", "bands min_snr held_out isolation_arcsec radius_arcsec") == [
        ["r"], 40, 0.3, 1.5, 0.4,
    ]  # fmt: skip
    again = run(*fit, "--name", "zp1", code=1).output
    assert "Error: a calibration solution 'zp1' exists already" in again
    assert "Choose another name" in again
    listed = run("calibrate", "list").output
    assert numbers(listed, "zp1")[:3] == ["zp1", "photometry", "truth"]
    field.execute("SELECT calibration.use_solution('dr1', 'zp1')")
    field.commit()
    assert numbers(run("calibrate", "list").output, "zp1")[-1] == "dr1"
    assert numbers(run("calibrate", "list").output, "zp2")[-1] == ""


def test_astrometry_of_a_table_of_groups(
    run: Run, owner: psycopg.Connection, database: str
) -> None:
    load(owner, joint_sky(stars=500, shift=0.02, scale=1.0))
    owner.execute("GRANT SELECT ON public.groups TO PUBLIC")
    owner.commit()
    fit = ("--database", database, "calibrate", "astrometry", "public.groups")
    done = run(*fit, "--name", "wcs1", "--reference", "gaia", "--bands", "r", "--radius", "2")
    expected = owner.execute("SELECT * FROM calibration.astrometric_repeatability('wcs1')")
    band, stars, *mas = expected.fetchone() or ()
    assert numbers(done.output, "r") == [band, str(stars), *(f"{v:.2f}" for v in mas)]
    assert "16 visit-detectors are in the solution wcs1" in done.output
    assert "process RELEASE --astrometry wcs1" in done.output
    orders = ["--detector-order", "2", "--visit-order", "3", "--image-order", "-1"]
    more = [*fit, "--reference", "gaia", "--bands", "r", "--radius", "2", *orders]
    run(*more, "--name", "wcs2", "--turbulence", "5.5")
    assert parameters(
        owner, "wcs2", "detector_order visit_order image_order turbulence_mas radius_arcsec"
    ) == [2, 3, -1, 5.5, 2]


REFUSED = {
    "--bands=gq": "bands are {g,q}",
    "--bands=rr": "each once",
    "--min-snr=-1": "min_snr is -1",
    "--isolation=0": "isolation_arcsec 0",
    "--seds=none": "no solution of kind sed named 'none'",
    "--held-out=0.7": "0.7 is not in the range 0<=x<=0.5",
    "--radius=90": "90.0 is not in the range",
}


def test_what_cannot_be_fitted_is_refused_before_anything_is_associated(
    run: Run, owner: psycopg.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    star = {"catalog": ["truth"], "refStarId": 1, "loadId": 1, "hpx29": 1, "ra": 1.0, "dec": 1.0}
    insert(owner, "raw.ReferenceStar", star)
    owner.commit()
    monkeypatch.setattr("skytract.pipelines.fit_release.associate_release", None)
    fit = ("dr1", "--name", "bad", "--reference", "truth")
    for kind in ("photometry", "astrometry"):
        for option, said in REFUSED.items():
            code = 2 if "range" in said else 1
            done = run("--database", database, "calibrate", kind, *fit, option, code=code)
            assert said in re.sub(r"[\s│]+", " ", done.output), option


def test_what_there_is_not_is_a_sentence(run: Run) -> None:
    fit = ("--name", "new", "--reference", "nothing")
    for kind in ("photometry", "astrometry"):
        said = run("calibrate", kind, "dr9", *fit, code=1).output
        assert "no stars of a reference catalog 'nothing' are loaded" in said
        assert "Load it with `skytract load`" in said
    assert "no calibration solution zp9" in run("calibrate", "report", "zp9", code=1).output
