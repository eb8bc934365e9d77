"""The statements and the Python of docs/photometry.md run, in the order of the page."""

import re
import shlex

import numpy as np
import pglast
import psycopg
import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.home import Home
from tests.calibration.photometry_field import field
from tests.fix_data import REPOSITORY

PAGE = (REPOSITORY / "docs" / "photometry.md").read_text(encoding="utf-8")

__all__ = ["field"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_commands_and_statements_run(
    field: psycopg.Connection, cluster: Home, module_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    field.execute("UPDATE raw.ReferenceStar SET catalog = 'simulated'")
    field.execute(
        "INSERT INTO association.SourceGroup (release, hpx29, sourceId, objectId)"
        " SELECT 'dr1', hpx29, sourceId, objectId FROM public.groups"
    )
    field.commit()
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", module_database)
    for line in blocks("sh")[0].splitlines():
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}"
    answers = [
        field.execute(statement).fetchall()
        for block in blocks("sql")
        for statement in pglast.split(block)
    ]
    ((band, scatter, noise, stars, observations, components),), ((fitted,),) = answers
    assert (fitted, band, components) == (6, "r", 2)
    assert 0 < scatter < 3 * noise and 0 < stars < observations


def test_python_runs() -> None:
    (block,) = blocks("python")
    exec(block, names := {})
    assert names["fit"].zero_point == pytest.approx(np.array([28.0, 28.1, 28.2]), abs=1e-6)


def test_every_function_is_there(release: psycopg.Connection) -> None:
    for name in set(re.findall(r"calibration\.([a-z_]+)\b[(`]", PAGE)):
        known = release.execute("SELECT count(*) FROM pg_proc WHERE proname = %s", (name,))
        assert known.fetchone() != (0,), name
