"""A survey with known truth for the joint fits, in a database: filled by SQL, as large as wanted.

`joint_data.sql` says what it is: detections of moving stars on the detectors of many visits, whose
zero points and WCS are to be found.
"""

from pathlib import Path

from bench.load_data import Connection

DETECTORS, PER_IMAGE = 189, 200
"""Stars of an image, if there are visits enough: 50,000 images have ten million detections."""

LOOKS = 28
"""Visits of a place, about; and visits of a survey at least."""

CAMERA_DEG2 = DETECTORS * (4100 * 0.2 / 3600) ** 2
REACH_DEG = 2.4
"""How much larger the sky with stars is than that of the boresights."""


def fill(owner: Connection, observations: int, per_image: int = PER_IMAGE) -> int:
    """Fill the raw tables with about so many detections; return how many there are.

    Parameters
    ----------
    owner
        A connection that commits by itself, to a database without raw rows.
    observations
        Detections that are wanted, 100,000 or more.
    per_image
        Of each image; fewer where there are not `LOOKS` visits.
    """
    visits = max(observations // (DETECTORS * per_image), LOOKS)
    side = max((visits * CAMERA_DEG2 / LOOKS) ** 0.5 - REACH_DEG / 2, 0.1)
    size = {
        "visits": visits,
        "per_image": observations / (visits * DETECTORS),
        "side": side,
        "field": side + REACH_DEG,
    }
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n"):
        owner.execute(statement.encode(), size)
    owner.execute("RESET enable_memoize")
    owner.execute("VACUUM ANALYZE")
    row = owner.execute("SELECT count(*) FROM raw.Source").fetchone()
    assert row is not None
    return int(row[0])
