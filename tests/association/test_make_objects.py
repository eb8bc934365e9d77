"""Objects are the means of their detections: against weights worked out by hand."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.raw_rows import insert, insert_visits

Connection = psycopg.Connection[Any]

SKY = (0, 12 << 58)


@pytest.fixture
def visits(release: Connection) -> Connection:
    """dr1 with visits 1 to 3 in r and 4 in g, at MJD 60000 + visit."""
    insert_visits(release, [1, 2, 3])
    insert_visits(release, [4], band="g")
    return release


def sources(release: Connection, ra: Any, dec: Any, **columns: Any) -> int:
    """Insert detections of one object, the first of which discovered it."""
    n = len(ra)
    keys = hpx29(ra, dec)
    columns = {"visit": list(range(1, n + 1)), "objectId": int(keys[0]), **columns}
    columns = {"band": ["r", "r", "r", "g"][:n], "psfFlux_flag": False, **columns}
    columns = {"sourceId": list(range(n)), "coord_ra": ra, "coord_dec": dec, **columns}
    insert(release, "dr1.Source", {"hpx29": keys, "ra": ra, "dec": dec, "detector": 0, **columns})
    group = {"release": "dr1", "hpx29": keys, "sourceId": columns["sourceId"]}
    insert(release, "association.SourceGroup", {**group, "objectId": columns["objectId"]})
    return int(keys[0])


def make(release: Connection, columns: str, bounds: tuple[int, int] = SKY) -> list[tuple[Any, ...]]:
    made = release.execute("SELECT association.make_objects('dr1', %s, %s)", bounds).fetchone()
    query = f"SELECT {columns} FROM dr1.Object WHERE objectId >= %s AND objectId < %s"
    rows = release.execute(query, bounds).fetchall()
    assert made == (len(rows),)
    return rows


def test_fluxes_are_inverse_variance_means(visits: Connection) -> None:
    flux, err = np.array([100.0, 110.0, 120.0, 50.0]), np.array([10.0, 20.0, 10.0, 5.0])
    object_id = sources(visits, [10.0] * 4, [5.0] * 4, psfFlux=flux, psfFluxErr=err)
    (row,) = make(
        visits,
        "objectId, r_psfFlux, r_psfFluxErr, r_psfMag, r_psfMagErr, r_psfFlux_flag, r_inputCount,"
        " r_epoch, g_psfFlux, g_psfFluxErr, refBand, i_psfFlux, i_psfFlux_flag, i_inputCount",
    )
    weight = 1 / err[:3] ** 2
    mean = (weight * flux[:3]).sum() / weight.sum()
    error = weight.sum() ** -0.5
    assert row[0] == object_id
    assert row[1] == pytest.approx(mean)
    assert row[2:5] == pytest.approx((error, 31.4 - 2.5 * np.log10(mean), 1.0857362 * error / mean))
    assert row[5:8] == (False, 3, 60002.0)
    assert row[8:] == (50.0, 5.0, "r", None, True, 0)


@pytest.mark.parametrize(
    "bad",
    [
        {"psfFlux": [100.0, float("nan")]},
        {"psfFlux": [100.0, None]},
        {"psfFluxErr": [10.0, float("nan")]},
        {"psfFluxErr": [10.0, None]},
        {"psfFluxErr": [10.0, 0.0]},
        {"psfFlux_flag": [False, True]},
    ],
)
def test_what_is_not_measured_does_not_count(visits: Connection, bad: dict[str, Any]) -> None:
    given = {"psfFlux": [100.0, 200.0], "psfFluxErr": [10.0, 10.0], **bad}
    sources(visits, [10.0] * 2, [5.0] * 2, **given)
    assert make(visits, "r_psfFlux, r_psfFluxErr, r_inputCount") == [(100.0, 10.0, 2)]


def test_negative_flux_has_no_magnitude(visits: Connection) -> None:
    sources(visits, [10.0], [5.0], psfFlux=[-3.0], psfFluxErr=[1.0])
    assert make(visits, "r_psfFlux, r_psfMag, r_psfMagErr") == [(-3.0, None, None)]


def test_position_is_the_weighted_mean(visits: Connection) -> None:
    """Errors of 0.1 and 0.2 arcsec: weights 4 to 1; errors and covariance by propagation."""
    err, cov = (
        np.array([0.1, 0.2]) / 3600,
        np.array([0.5, 0.5]) * (np.array([0.1, 0.2]) / 3600) ** 2,
    )
    ra, dec = np.array([10.0, 10.0001]), np.array([60.0, 60.0001])
    sources(visits, ra, dec, raErr=err, decErr=err, ra_dec_Cov=cov)
    (row,) = make(visits, "coord_ra, coord_dec, coord_raErr, coord_decErr, coord_ra_dec_Cov, epoch")
    weight = np.array([0.8, 0.2])
    # The mean of unit vectors differs from the mean of angles by (1e-4 deg)^2.
    assert row[:2] == pytest.approx(((weight * ra).sum(), (weight * dec).sum()), abs=1e-9)
    error = np.sqrt((weight**2 * err**2).sum())
    assert row[2:4] == pytest.approx((error, error), rel=1e-6)
    assert row[4] == pytest.approx((weight**2 * cov).sum(), rel=1e-6)
    assert row[5] == pytest.approx(60001.2)


@pytest.mark.parametrize(
    ("ra", "dec", "mean"),
    [
        ([359.9999, 0.0001], [5.0, 5.0], (0.0, 5.0)),
        ([359.9998, 0.0], [5.0, 5.0], (359.9999, 5.0)),
        ([0.0, 180.0], [89.9999, 89.9997], (180.0, 89.9999)),
    ],
)
def test_positions_across_ra_zero_and_the_pole(
    visits: Connection, ra: list[float], dec: list[float], mean: tuple[float, float]
) -> None:
    """Without errors the mean is plain."""
    sources(visits, ra, dec)
    ((alpha, delta, error),) = make(visits, "coord_ra, coord_dec, coord_raErr")
    assert 0 <= alpha < 360
    assert (alpha - mean[0] + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
    assert delta == pytest.approx(mean[1], abs=1e-9)
    assert error is None


def test_partition_by_partition(visits: Connection) -> None:
    """An object whose detections lie on both sides of a border belongs to one partition, whole."""
    ra, dec = [90.0 - 1e-5, 90.0 + 1e-5], [60.0, 60.0]
    object_id = sources(visits, ra, dec, psfFlux=[100.0, 300.0], psfFluxErr=[10.0, 10.0])
    border = 1 << 58
    assert hpx29(ra, dec).tolist()[0] < border <= hpx29(ra, dec).tolist()[1]
    assert make(visits, "objectId, r_psfFlux", (0, border)) == [(object_id, 200.0)]
    assert make(visits, "objectId", (border, SKY[1])) == []


def test_running_again_replaces(visits: Connection) -> None:
    sources(visits, [10.0], [5.0], psfFlux=[3.0], psfFluxErr=[1.0])
    make(visits, "objectId")
    visits.execute("UPDATE dr1.Source SET psfFlux = 4")
    assert make(visits, "r_psfFlux") == [(4.0,)]


def test_class_and_primary(visits: Connection) -> None:
    """The majority of the known classes; primary if one detection is."""
    sources(
        visits,
        [10.0] * 4,
        [5.0] * 4,
        extendedness=[1.0, 1.0, 0.0, None],
        detect_isPrimary=[False, True, True, None],
        psfFlux=[1.0] * 4,
        psfFluxErr=[1.0] * 4,
    )
    columns = (
        "r_extendedness, g_extendedness, g_extendedness_flag, refExtendedness, detect_isPrimary"
    )
    assert make(visits, columns) == [(1.0, None, True, 1.0, True)]


def test_refuses_an_unknown_release(visits: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="there is no release dr7"):
        visits.execute("SELECT association.make_objects('dr7', 0, 1)")
