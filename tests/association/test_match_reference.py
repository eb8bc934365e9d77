"""Nearest reference stars, against brute force."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.association.slow_groups import angle
from tests.raw_rows import insert, insert_sources, insert_visits
from tests.sky.positions import offset

Connection = psycopg.Connection[Any]

CENTRES = [(0.0, 0.0), (45.0, 41.8103), (120.0, 89.99995), (0.0, -90.0)]


def stars(release: Connection, ra: Any, dec: Any, catalog: str = "c") -> None:
    columns = {"catalog": catalog, "refStarId": list(range(len(ra))), "hpx29": hpx29(ra, dec)}
    insert(release, "raw.ReferenceStar", {**columns, "ra": ra, "dec": dec, "loadId": 1})


def match(release: Connection, radius: float) -> dict[int, tuple[int, float]]:
    rows = release.execute(
        "SELECT sourceId, refStarId, separationArcsec"
        " FROM association.match_reference('c', 'r', %s)",
        (radius,),
    ).fetchall()
    return {source: (star, apart) for source, star, apart in rows}


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("radius", [0.3, 2.0, 40.0])
def test_nearest_as_brute_force_says(
    release: Connection, centre: tuple[float, float], radius: float
) -> None:
    """200 detections and 100 stars within 60 arcsec of places where cells meet."""
    rng = np.random.default_rng(8)
    ra, dec = offset(*centre, rng.uniform(0, 60, 300) / 3600, rng.uniform(0, 2 * np.pi, 300))
    insert_visits(release, [1, 2])
    insert_sources(release, ra[:200], dec[:200], sourceId=np.arange(200), visit=[1, 2] * 100)
    stars(release, ra[200:], dec[200:])
    stars(release, ra[:200], dec[:200], catalog="another")
    found = match(release, radius)
    for n in range(200):
        apart = [angle((ra[n], dec[n]), (ra[m], dec[m])) for m in range(200, 300)]
        if min(apart) <= radius:
            star, separation = found.pop(n)
            assert star == np.argmin(apart)
            assert separation == pytest.approx(min(apart), abs=1e-8)
    assert found == {}


def test_other_bands_are_left_out(release: Connection) -> None:
    insert_visits(release, [1])
    insert_visits(release, [2], band="g")
    insert_sources(release, [10.0, 10.0], [5.0, 5.0], sourceId=[1, 2], visit=[1, 2])
    stars(release, [10.0], [5.0])
    assert set(match(release, 1.0)) == {1}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("'unknown', 'r', 1", "no stars of a reference catalog 'unknown' are loaded"),
        ("'c', 'r', 0", "the radius is 0 arcsec"),
        ("'c', 'r', 'NaN'", "the radius is NaN arcsec"),
    ],
)
def test_refusals(release: Connection, query: str, sentence: str) -> None:
    stars(release, [10.0], [5.0])
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        release.execute(f"SELECT * FROM association.match_reference({query})")
    assert refused.value.diag.message_primary == sentence
    assert refused.value.diag.message_hint
