"""Spectra of a release's objects, piece by piece: resumed, refused, reported."""

from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.pipelines.infer_release_seds import SedSettings, infer_release_seds
from skytract.pipelines.report_solution import report_solution
from tests.calibration.test_object_seds import SKY, N, filled, infer, records, release
from tests.fix_db import Connect

__all__ = ["filled", "release"]

Open = Callable[[], psycopg.Connection]


@pytest.fixture
def manager(release: Connect) -> psycopg.Connection:
    """Three partitions of the release have objects: 7, 16 and 1 of them."""
    owner = release("owner")
    owner.execute("DELETE FROM meta.Partition WHERE tessellation = 'dr1'")
    owner.execute(
        "INSERT INTO meta.Partition (tessellation, ord, pixel, lo, hi)"
        " SELECT 'dr1', 27, n, 16 * n, 16 * n + 16 FROM generate_series(62, 64) AS n"
    )
    owner.commit()
    return release("manager")


def test_a_run_that_failed_goes_on(manager: psycopg.Connection, release: Connect) -> None:
    """The piece that failed is not there at all; in the end all is as in one go."""
    infer(manager, "whole", SKY)
    manager.commit()
    owner = release("owner")
    owner.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF new.objectId = 1010 THEN RAISE 'the disk is full'; END IF; RETURN new; END $$"
    )
    owner.execute(
        "CREATE TRIGGER fail BEFORE INSERT ON calibration.ObjectSed"
        " FOR EACH ROW EXECUTE FUNCTION public.fail()"
    )
    owner.commit()
    seen: list[tuple[int, int]] = []
    with pytest.raises(SkytractError, match="the disk is full"):
        infer_release_seds(
            lambda: release("manager"), "dr1", "parts", jobs=1,
            progress=lambda stage, done, total: seen.append((done, total)),
        )  # fmt: skip
    assert seen == [(0, 3), (1, 3)]
    there = [row[0] for row in records(manager, "parts")]
    assert set(range(1001, 1008)) <= set(there) <= {*range(1001, 1008), 1024}
    manager.commit()
    owner.execute("DROP FUNCTION public.fail() CASCADE")
    owner.commit()
    assert infer_release_seds(lambda: release("manager"), "dr1", "parts") == N - len(there)
    assert records(manager, "parts") == records(manager, "whole")
    manager.commit()
    assert infer_release_seds(lambda: release("manager"), "dr1", "parts") == 0


def test_the_command_infers_and_reports(
    manager: psycopg.Connection, cluster: Home, module_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", module_database)
    for new in (N, 0):
        done = CliRunner().invoke(main, ["calibrate", "seds", "dr1", "--name", "mine"])
        assert done.exit_code == 0, done.output
        assert f"{new} new objects in the SEDs mine" in done.output
        assert "skytract process dr1 --seds mine" in done.output
        assert "posterior" in done.output
    columns, rows = report_solution(manager, "mine")
    counts = {row[0]: row[1:] for row in rows}
    assert columns == ("method", "objects", "%")
    assert counts["flat"] == ("1", f"{100 / N:.2f}")
    assert sum(int(count) for count, _ in counts.values()) == N
    (of_g, *_) = report_solution(manager, "night").rows
    assert of_g[:2] == ("g", "2") and float(of_g[2]) < 0.1
    kinds = [row[0] for row in report_solution(manager, "grid").rows]
    assert kinds == ["galaxy", "qso", "star", "whiteDwarf"]


def test_a_grid_is_made_where_there_is_none(manager: psycopg.Connection, release: Connect) -> None:
    owner = release("owner")
    owner.execute("UPDATE calibration.Solution SET kind = 'other' WHERE kind = 'template'")
    owner.commit()
    try:
        infer_release_seds(lambda: release("manager"), "dr1", "first")
        grids = "SELECT name FROM calibration.Solution WHERE kind = 'template'"
        assert owner.execute(grids).fetchall() == [("library",)]
    finally:
        owner.rollback()
        owner.execute("UPDATE calibration.Solution SET kind = 'template' WHERE kind = 'other'")
        owner.commit()


def test_stars_of_a_solution(
    manager: psycopg.Connection, release: Connect, cluster: Home, module_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As the database infers them from a table of the same fluxes; no other solution's stars."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", module_database)
    owner = release("owner")
    owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) SELECT"
        " n, 'photometry', '{}', '', now() FROM unnest('{other,joint,alone}'::text[]) AS n"
    )
    owner.execute(
        "INSERT INTO calibration.CalibrationStar (solutionId, starId, ra, dec, epoch, class,"
        " isHeldOut, g_flux, g_fluxErr, r_flux, r_fluxErr, i_flux, i_fluxErr)"
        " SELECT o.solutionId, s.starId, 0, 0, 60000, 'star', false, g_flux, g_fluxErr, r_flux,"
        " r_fluxErr, i_flux, i_fluxErr FROM public.star AS s JOIN calibration.Solution AS o"
        " ON o.name = CASE WHEN s.starId < 1010 THEN 'joint' ELSE 'other' END"
    )
    owner.commit()
    done = CliRunner().invoke(main, ["calibrate", "star-seds", "joint", "--name", "stars"])
    assert done.exit_code == 0, done.output
    assert "9 stars in the SEDs stars: fit again with --seds stars" in done.output
    manager.execute(
        "CREATE TEMPORARY TABLE few AS SELECT starId, g_flux, g_fluxErr, r_flux, r_fluxErr,"
        " i_flux, i_fluxErr FROM public.star WHERE starId < 1010"
    )
    manager.execute(
        "SELECT calibration.infer_seds('expected', 'few', id_column => 'starId',"
        " flux_columns => '{band}_flux')"
    )
    assert records(manager, "stars") == records(manager, "expected")
    manager.rollback()
    for solution, said in (("alone", "has no stars"), ("none", "kind photometry named 'none'")):
        done = CliRunner().invoke(main, ["calibrate", "star-seds", solution, "--name", "new"])
        assert done.exit_code == 1 and said in done.output


def test_what_cannot_be_is_refused(manager: psycopg.Connection, release: Connect) -> None:
    def refuse(said: str, *arguments: object) -> None:
        with pytest.raises(SkytractError, match=said) as refused:
            infer_release_seds(lambda: release("manager"), *arguments)
        assert str(refused.value).endswith(".")

    owner = release("owner")
    solutions = owner.execute("SELECT count(*) FROM calibration.Solution").fetchone()
    refuse("There is no release dr9", "dr9", "new")
    refuse("a calibration solution 'grid' exists already", "dr1", "grid")
    refuse("no solution of kind template named 'x'", "dr1", "new", SedSettings(templates="x"))
    refuse("no solution of kind passband named 'x'", "dr1", "new", SedSettings(passbands="x"))
    assert owner.execute("SELECT count(*) FROM calibration.Solution").fetchone() == solutions
    # Of another making: by a statement, from another table.
    manager.execute("SELECT calibration.state_seds('stated', ARRAY[1001], ARRAY[1])")
    manager.commit()
    refuse("The SEDs stated are not those of the objects of release dr1", "dr1", "stated")
    infer_release_seds(lambda: release("manager"), "dr1", "begun")
    refuse("begun with templates", "dr1", "begun", SedSettings(templates="stated"))
    refuse(
        r"begun with psf seds \(flat\), not stated", "dr1", "begun", SedSettings(psf_seds="stated")
    )
    owner.execute("INSERT INTO meta.Release (release, state, schemaVersion, codeVersion, createdAt)"
                  " VALUES ('dr2', 'open', '', '', now())")  # fmt: skip
    owner.execute("CREATE SCHEMA dr2")
    owner.execute("CREATE TABLE dr2.object (objectId bigint)")
    owner.execute("GRANT ALL ON SCHEMA dr2 TO PUBLIC")
    owner.execute("GRANT ALL ON dr2.object TO PUBLIC")
    owner.commit()
    refuse("Release dr2 has no Objects", "dr2", "new")
    owner.execute("INSERT INTO dr2.object VALUES (1)")
    owner.commit()
    refuse("The SEDs begun are not those of the objects of release dr2", "dr2", "begun")
    owner.execute("INSERT INTO raw.Visit (visit, band, loadId, ra, dec, expMidptMJD, expTime)"
                  " VALUES (99, 'g', 1, 0, 0, 60000, 30)")  # fmt: skip
    owner.execute("INSERT INTO raw.VisitDetector (visit, detector, band, nx, ny, loadId)"
                  " VALUES (99, 0, 'g', 100, 100, 1)")  # fmt: skip
    owner.commit()
    refuse("1 visit-detectors have no passband .* visit 99, detector 0", "dr1", "new")
    owner.execute("DELETE FROM raw.VisitDetector WHERE visit = 99")
    owner.commit()
