"""The statements and the Python of docs/astrometry.md run, in the order of the page."""

import re

import pglast
import psycopg
import pytest

from tests.calibration.joint_sky import joint_sky
from tests.calibration.test_fit_joint_astrometry import load
from tests.fix_data import REPOSITORY
from tests.fix_db import Connect

PAGE = (REPOSITORY / "docs" / "astrometry.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def manager(release_connect: Connect) -> psycopg.Connection:
    """A survey with a good WCS, whose sources are associated in the release dr1."""
    owner = release_connect("owner")
    load(owner, joint_sky(centre=(30.0, -10.0), shift=0.02, stars=600, scale=1.0))
    owner.execute("SELECT association.associate_sources('dr1')")
    owner.commit()
    return release_connect("manager", autocommit=True)


def test_statements_run(manager: psycopg.Connection) -> None:
    answers = [
        manager.execute(statement).fetchall()
        for block in blocks("sql")
        for statement in pglast.split(block)
    ]
    fitted, ((band, stars, before, after, noise),), used, pixels = answers
    assert fitted == [(16,)] and len(used) == 1
    assert band == "r" and stars > 10 and after < before and after < noise + 3.0
    assert len(pixels[0][0]) == len(pixels[0][1]) == 2


def test_python_runs() -> None:
    for block in blocks("python"):
        exec(block, {})


def test_every_function_is_there(manager: psycopg.Connection) -> None:
    for name in set(re.findall(r"calibration\.([a-z_]+)\b[(`]", PAGE)):
        if name == "solve_astrometry":
            continue  # of Python
        known = manager.execute("SELECT count(*) FROM pg_proc WHERE proname = %s", (name,))
        assert known.fetchone() != (0,), name
