"""Statistics of groups: against numpy group by group, in memory and in the database."""

import warnings

import numpy as np
import psycopg
import pytest

from skytract.udf.association.repeatability import repeatability
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.sky.positions import offset

CENTRES = [(10.0, 20.0), (0.0, 0.0), (77.0, 89.99999)]


def detections(centre: tuple[float, float]) -> dict[str, np.ndarray]:
    """Five objects with 1 to 40 detections within an arcsec; some without flux or error."""
    rng = np.random.default_rng(4)
    group = np.repeat([11, 12, 13, 14, 15], [1, 2, 7, 40, 3])
    n = len(group)
    ra, dec = offset(*centre, rng.uniform(0, 1, n) / 3600, rng.uniform(0, 2 * np.pi, n))
    flux, error = rng.normal(1000, 30, n), rng.uniform(20, 40, n)
    flux[5], error[6], error[8] = np.nan, 0.0, np.nan
    error[group == 15] = -1.0
    return {"group": group, "ra": ra, "dec": dec, "flux": flux, "flux_err": error}


@pytest.mark.parametrize("centre", CENTRES)
def test_as_numpy_says(centre: tuple[float, float]) -> None:
    given = detections(centre)
    found = repeatability(**given)
    assert found["group"].tolist() == [11, 12, 13, 14, 15]
    a, d = np.radians(given["ra"]), np.radians(given["dec"])
    xyz = np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for i, group in enumerate(found["group"]):
            mine = given["group"] == group
            mean = xyz[:, mine].mean(axis=1)
            ra, dec = np.arctan2(mean[1], mean[0]), np.arcsin(mean[2] / np.linalg.norm(mean))
            east = [-np.sin(ra), np.cos(ra), 0] @ xyz[:, mine]
            north = [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)]
            flux, error = given["flux"][mine], given["flux_err"][mine]
            good = np.isfinite(flux) & (error > 0)
            flux, error = flux[good], error[good]
            weighted = np.sum(flux / error**2) / np.sum(error**-2)
            slow = {
                "nSource": mine.sum(),
                "raScatterArcsec": np.degrees(np.std(east, ddof=1)) * 3600,
                "decScatterArcsec": np.degrees(np.std(north @ xyz[:, mine], ddof=1)) * 3600,
                "fluxNdata": good.sum(),
                "fluxMean": weighted,
                "fluxScatter": np.std(flux, ddof=1) if good.sum() > 1 else np.nan,
                "fluxChi2": np.sum(((flux - weighted) / error) ** 2) if good.any() else np.nan,
            }
            for name, value in slow.items():
                # Offsets of an arcsec between unit vectors keep some ten digits.
                np.testing.assert_allclose(found[name][i], value, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("centre", CENTRES)
def test_database_and_memory_agree(
    release: psycopg.Connection, centre: tuple[float, float]
) -> None:
    given = detections(centre)
    keys = hpx29(given["ra"], given["dec"])
    first = {group: keys[given["group"] == group][0] for group in given["group"].tolist()}
    ids = np.array([first[group] for group in given["group"].tolist()])
    number = np.arange(len(keys))
    rows = {"hpx29": keys, "sourceid": number, "objectid": ids}
    sky = {"ra": given["ra"], "dec": given["dec"], "band": ["r"] * len(keys)}
    sky |= {"psfflux_flag": np.zeros(len(keys), bool)}
    # Columns of 4 bytes: the fluxes are given to memory as they are stored.
    flux, error = (given[name].astype(np.float32) for name in ("flux", "flux_err"))
    fill_table(release, "dr1.source", **rows, **sky, psfflux=flux, psffluxerr=error)
    fill_table(release, "association.sourcegroup", release=["dr1"] * len(keys), **rows)
    memory = repeatability(ids, given["ra"], given["dec"], flux, error)
    # The first object's key cuts the field: what lies on the other side is counted all the same.
    middle = int(np.sort(list(first.values()))[2]) >> 18 << 18
    found = [
        row
        for lo, hi in ((0, middle), (middle, 12 << 58))
        for row in release.execute(
            "SELECT * FROM association.repeatability('dr1', %s, %s)", (lo, hi)
        ).fetchall()
    ]
    assert {row[1] for row in found} == {"r"}
    database = np.array([row[:1] + row[2:] for row in found], dtype=float)
    for column, (name, values) in zip(database.T, memory.items(), strict=True):
        np.testing.assert_allclose(column, values, rtol=1e-8, atol=1e-8, err_msg=name)


def test_an_unknown_release_is_refused(release: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="there is no release dr9"):
        release.execute("SELECT * FROM association.repeatability('dr9')")
