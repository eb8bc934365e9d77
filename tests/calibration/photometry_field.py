"""A field of stars with known zero points, in raw tables, and the joint fit to it."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.raw_rows import insert, insert_sources, insert_visits

Connection = psycopg.Connection[Any]

VISITS = list(range(1, 7))
ZERO_POINTS = 28 + 0.1 * np.sin(np.arange(1, 9))
STARS = 40
NOISE = 1e-3


@pytest.fixture
def field(release: Connection) -> Connection:
    """Visits 1 to 6 of 40 stars about (0, 10), across ra 0; 7 and 8 of others, without reference.

    Groups are in the table public.groups. The flux of star 5 varies; star 6 has a neighbour 1
    arcsec away; one measurement of star 7 is wrong, one of star 8 flagged.
    """
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(-0.05, 0.05, 2 * STARS) % 360, 10 + rng.uniform(-0.05, 0.05, 2 * STARS)
    dec[STARS:] += 1.0
    ra[9], dec[9] = ra[6], dec[6] + 1 / 3600
    mag = rng.uniform(17, 18, 2 * STARS)
    insert_visits(release, [*VISITS, 7, 8])
    release.execute("CREATE TABLE public.groups (hpx29 bigint, sourceId bigint, objectId bigint)")
    for visit, zero_point in zip([*VISITS, 7, 8], ZERO_POINTS, strict=True):
        rows = np.arange(STARS) + (STARS if visit > 6 else 0)
        counts = 10 ** (0.4 * (zero_point - mag[rows])) * (1 + NOISE * rng.normal(size=STARS))
        if visit <= 6:
            counts[5] *= 1 + 0.3 * (-1) ** visit
            counts[7] *= 1.5 if visit == 3 else 1.0
        insert_sources(
            release, ra[rows], dec[rows], sourceId=1000 * visit + rows, visit=visit,
            x=rng.uniform(0, 99, STARS), y=rng.uniform(0, 199, STARS),
            psfInstFlux=counts, psfInstFluxErr=counts * NOISE, extendedness=0,
            pixelFlags_cr=(rows == 8) & (visit == 2),
        )  # fmt: skip
        groups = {"sourceId": 1000 * visit + rows, "objectId": 1 + rows}
        insert(release, "public.groups", {"hpx29": hpx29(ra[rows], dec[rows]), **groups})
    known = np.arange(0, STARS, 2)
    stars = {"catalog": "truth", "refStarId": 100 + known, "loadId": 1}
    stars |= {"hpx29": hpx29(ra[known], dec[known]), "ra": ra[known], "dec": dec[known]}
    flux = 10 ** (0.4 * (31.4 - mag[known]))
    stars |= {"r_flux": flux, "r_fluxErr": flux * 1e-4}
    insert(release, "raw.ReferenceStar", stars)
    return release


def fit(connection: Connection, options: str = "star_flats => false", name: str = "new") -> int:
    row = connection.execute(
        f"SELECT calibration.fit_joint_photometry('{name}', 'public.groups', 'truth', {options})"
    ).fetchone()
    assert row is not None
    return int(row[0])


def zero_points(connection: Connection, name: str = "new") -> dict[int, float]:
    return dict(
        connection.execute(
            "SELECT visit, zeroPoint FROM calibration.PhotoCalib"
            " JOIN calibration.Solution USING (solutionId) WHERE name = %s",
            (name,),
        ).fetchall()
    )
