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
