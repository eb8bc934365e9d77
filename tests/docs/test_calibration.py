"""The commands, statements and Python of docs/calibration.md run, in the order of the page."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pglast
import psycopg
import pytest
from astropy import units
from astropy.table import QTable
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.home import Home
from tests.fill_table import fill_table
from tests.fix_data import REPOSITORY
from tests.fix_db import Connect
from tests.raw_rows import insert

PAGE = (REPOSITORY / "docs" / "calibration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def survey(
    cluster: Home,
    database: str,
    owner: psycopg.Connection[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[psycopg.Connection[Any]]:
    """Two visits in g and two in r of one object, and what the page speaks of."""
    visits, bands = np.array([1, 2, 3, 4]), ["g", "r", "g", "r"]
    same = {"visit": visits, "band": bands, "loadId": 1}
    times = {"ra": 0, "dec": 0, "expMidptMJD": 60000.0 + visits, "expTime": 30}
    insert(owner, "raw.Visit", same | times | {"airmass": [1.0, 1.2, 1.6, 2.0]})
    insert(owner, "raw.VisitDetector", same | {"detector": 0, "nx": 100, "ny": 100})
    owner.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    fill_table(
        owner, "raw.forcedsource", objectid=[1000] * 4, visit=visits,
        psfinstflux=[100.0, 200.0, 101.0, 201.0], psfinstfluxerr=[2.0] * 4,
        psfdiffinstflux=[1.0] * 4, psfdiffinstfluxerr=[2.0] * 4,
    )  # fmt: skip
    owner.execute("SELECT meta.create_user('observer')")
    owner.execute("CREATE TABLE my_observer.model (wavelength float8, f_nu float8)")
    owner.execute("INSERT INTO my_observer.model VALUES (300, 1), (1100, 2)")
    owner.execute("GRANT SELECT ON my_observer.model TO observer")
    owner.commit()
    star = QTable({"wavelength": [3000.0, 11000.0] * units.AA})
    star["flux"] = [1.0, 2.0] * units.Unit("erg / (s cm2 Angstrom)")
    star.write(tmp_path / "my_star.ecsv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    yield owner
    owner.rollback()
    owner.execute("RESET SESSION AUTHORIZATION")
    owner.execute("DROP OWNED BY observer CASCADE")
    owner.execute("DROP ROLE observer")
    owner.commit()


def test_the_page_runs(survey: psycopg.Connection[Any], connect_to: Connect) -> None:
    answers: list[list[Any]] = []
    survey.execute("SET SESSION AUTHORIZATION observer")
    survey.commit()
    for language, block in BLOCKS:
        if language == "sh":
            for line in block.splitlines():
                done = CliRunner().invoke(main, shlex.split(line)[1:])
                assert done.exit_code == 0, f"{line}\n{done.output}"
        elif language == "sql":
            for statement in pglast.split(block):
                answers.append(survey.execute(statement).fetchall())
            survey.commit()
        else:
            exec(block, names := {})
    curve, difference, colours, written, means, objects, g_r, other, audit = answers[1:]
    assert [row[0] for row in curve] == [1, 2, 3, 4]
    assert len(difference) == 4
    z = 10 ** (0.4 * 4.4)
    assert curve[1][4] == pytest.approx(200.0 * z, rel=1e-4)  # airmass 1.2 is the standard
    assert curve[3][4] == pytest.approx(201.0 * z, rel=0.05)
    assert curve[3][4] != pytest.approx(201.0 * z, rel=1e-4)
    assert colours[0][1] == pytest.approx(2.5 * np.log10(200.5 / 100.5), abs=0.03)
    assert written == [(4,)] and [row[:2] for row in sorted(means)] == [("g", 2), ("r", 2)]
    assert objects == [(1,)] and g_r[0][0] == 1000
    assert g_r[0][1] == pytest.approx(colours[0][1], abs=0.05)
    assert [row[0] for row in other] == [1, 3]
    assert other[0][1] == pytest.approx(curve[0][4], rel=0.1)  # a band some nm bluer
    assert audit[0][0] == pytest.approx(audit[0][1], rel=1e-5)
    light = names["light_curve"]
    assert len(light) == 2 and np.all(light["psfFlux"] > 0.0)


def test_every_function_is_there(owner: psycopg.Connection[Any]) -> None:
    for name in set(re.findall(r"calibration\.([a-z_]+)\(", PAGE)):
        known = owner.execute("SELECT count(*) FROM pg_proc WHERE proname = %s", (name,))
        assert known.fetchone() != (0,), name


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"wavelength": [1.0, 2.0] * units.nm, "brightness": [1.0, 2.0]}, "one of flux, f_nu"),
        ({"wavelength": [1.0, 2.0], "flux": [1.0, 2.0] * units.nJy}, "unit of wavelength"),
        ({"wavelength": [1.0, 2.0] * units.nm, "flux": [1.0, 2.0]}, "unit of flux"),
        ({"wavelength": [1.0, 2.0] * units.nm, "flux": [1.0, 2.0] * units.kg}, "is no spectrum"),
        ({"wavelength": [400.0, 500.0] * units.nm, "flux": [-1.0, 2.0] * units.nJy}, "negative"),
    ],
)
def test_bad_files_are_refused(
    survey: psycopg.Connection[Any], columns: dict[str, Any], said: str
) -> None:
    QTable(columns).write("bad.ecsv", overwrite=True)
    done = CliRunner().invoke(main, ["sed", "add", "bad.ecsv", "--user", "observer"])
    assert done.exit_code == 1 and said in done.output
    none = survey.execute("SELECT to_regclass('my_observer.sed')").fetchone()
    assert none == (None,)


def test_unknown_users_and_tables_are_told(survey: psycopg.Connection[Any]) -> None:
    survey.execute("CREATE TABLE my_observer.closed (wavelength float8, f_nu float8)")
    survey.execute("CREATE TABLE my_observer.words AS SELECT 'a' AS wavelength, 'b' AS f_nu")
    survey.execute("GRANT SELECT ON my_observer.words TO observer")
    survey.commit()
    for line, said in (
        ("sed add my_star.ecsv --user nobody_here", "cannot log in as nobody_here"),
        ("sed add my_observer.none --user observer", "neither a file my_observer.none nor"),
        ("sed add my_observer.closed --user observer", "(permission denied for table closed)"),
        ("sed add my_observer.words --user observer", "wavelength [nm] and f_nu are numbers"),
        ("sed add my..words --user observer", "cannot be read as a spectrum"),
    ):
        done = CliRunner().invoke(main, line.split())
        assert done.exit_code == 1 and said in done.output


def test_seds_are_listed(survey: psycopg.Connection[Any]) -> None:
    """Own ones for their user alone; nothing is said to be nothing."""
    runner = CliRunner()
    assert "There are no such SEDs" in runner.invoke(main, ["sed", "list"]).output
    added = runner.invoke(main, ["sed", "add", "my_star.ecsv", "--user", "observer"])
    assert added.exit_code == 0
    listed = runner.invoke(main, ["sed", "list", "--user", "observer", "--kind", "own"]).output
    assert re.search(r"my_star .* own .* 300 .* 1100", listed)
    assert "my_star" not in runner.invoke(main, ["sed", "list"]).output
