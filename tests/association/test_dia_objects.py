"""DiaObjects made visit by visit and all at once: the same rows, whatever the split."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.association.dia_survey import (
    associate,
    content,
    crowd,
    generate,
    insert_dia_sources,
    start_survey,
)

Connection = psycopg.Connection[Any]
BANDS = "rgrrgi"


@pytest.mark.parametrize("centre", [(10.0, 5.0), (45.0, 41.81031), (0.0, 0.0)])
def test_any_split_gives_the_same_rows(release: Connection, centre: tuple[float, float]) -> None:
    rng = np.random.default_rng(int(centre[0]))
    start_survey(release, BANDS)
    columns = crowd(rng, centre, 60, len(BANDS))
    insert_dia_sources(release, **columns)
    associate(release, range(1, 7))
    one_by_one = content(release)
    assert len(one_by_one[0]) == 60
    assert 5 < len(one_by_one[1]) < 60
    generate(release)
    assert content(release) == one_by_one
    generate(release, rng.choice(hpx29(columns["ra"], columns["dec"]), 3).tolist())
    assert content(release) == one_by_one


@pytest.mark.parametrize("first", [1, 3, 5])
def test_all_at_once_then_one_by_one(release: Connection, first: int) -> None:
    """Some visits are there when all are taken at once; the others come later."""
    start_survey(release, BANDS)
    columns = crowd(np.random.default_rng(first), (359.9999, -40.0), 40, len(BANDS))
    early = columns["visit"] <= first
    for part, run in ((early, generate), (~early, None)):
        insert_dia_sources(release, **{name: values[part] for name, values in columns.items()})
        if run:
            run(release)
    associate(release, range(first + 1, 7))
    step_by_step = content(release)
    generate(release)
    assert content(release) == step_by_step


def test_chains_are_followed_beyond_the_bounds(release: Connection) -> None:
    """A chain of objects 1.5 arcsec apart runs over 20 arcmin, cut into three stretches."""
    start_survey(release, "rr")
    east = np.arange(800) * 1.5 / 3600
    insert_dia_sources(
        release,
        np.concatenate([10 + east, 10 + east + 0.6 / 3600]),
        np.zeros(1600),
        diaSourceId=np.arange(1600),
        visit=np.repeat([1, 2], 800),
    )
    associate(release, [1, 2])
    one_by_one = content(release)
    assert len(one_by_one[1]) == 800
    keys = sorted(row[0] for row in one_by_one[1])
    generate(release, [keys[300], keys[500]])
    assert content(release) == one_by_one
