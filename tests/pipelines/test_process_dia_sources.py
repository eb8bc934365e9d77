"""DiaObjects as a stage of processing a release: on record, repeatable, and visits may follow."""

from typing import Any

import numpy as np
import psycopg

from skytract.loaders.release import create_release
from skytract.pipelines.process_release import process_release
from tests.association.dia_survey import (
    associate,
    content,
    crowd,
    insert_dia_sources,
    members,
    start_survey,
)
from tests.fix_db import Connect

BANDS = "rgrrgi"
STAGE = "association.generate_dia_objects"


def test_dia_objects_are_made_once_and_again(
    owner: psycopg.Connection[Any], connect_to: Connect
) -> None:
    create_release(owner, "dr1")
    start_survey(owner, BANDS)
    columns = crowd(np.random.default_rng(5), (10.0, 0.0), 60, len(BANDS))
    insert_dia_sources(owner, **columns)
    owner.commit()

    written = process_release(lambda: connect_to("manager"), "dr1")
    made = content(owner)
    owner.commit()
    assert written[STAGE] == len(made[0]) == 60
    assert {row[0] for row in made[1]} == set(members(owner).values())
    valid = "SELECT validityStartMjdTai - lastDiaSourceMjdTai, validityEndMjdTai FROM dr1.DiaObject"
    assert set(owner.execute(valid).fetchall()) == {(0.0, None)}

    assert process_release(lambda: connect_to("manager"), "dr1") == written
    assert content(owner) == made
    record = owner.execute(
        "SELECT count(*), count(DISTINCT lo), sum(rowCount), bool_and(state = 'done')"
        " FROM meta.StageRun WHERE stage = %s",
        (STAGE,),
    ).fetchone()
    assert record == (24, 12, 120, True)

    associate(owner, [len(BANDS)])
    assert content(owner) == made
