"""Statistics of DiaObjects' light curves: textbooks, published alerts, published constants."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.udf.association.dia_aggregates import dia_aggregates
from skytract.udf.association.mean_dia_positions import mean_dia_positions
from tests.association.slow_dia_aggregates import NAMES, slow_dia_aggregates

odd = st.sampled_from([math.nan, math.inf, None])
fluxes = st.one_of(st.floats(-1e5, 1e5), odd)
errors = st.one_of(st.floats(0.1, 1e4), st.sampled_from([0.0, -1.0]), odd)
points = st.tuples(
    st.integers(0, 3), st.integers(0, 6).map(lambda k: 60000 + k / 4), fluxes, errors
)


def by_object(rows: list[Any]) -> dict[int, dict[str, Any]]:
    """Return our statistics of rows (object, time, flux, error), by object and name."""
    columns = [list(c) for c in zip(*rows, strict=True)] or [[]] * 4
    found = dia_aggregates(*columns, columns[2], columns[3])
    return {
        key: {name: getattr(found, f"psfFlux{name}")[i] for name in NAMES}
        for i, key in enumerate(found.diaObjectId)
    }


def known(value: float | None) -> float:
    return math.nan if value is None else value


@given(st.lists(points, max_size=30))
@settings(deadline=None, max_examples=150)
def test_as_the_textbook_says(rows: list[Any]) -> None:
    """Differences are rounding: 1e-9 of the largest flux, or of its slope, is generous."""
    rows.sort(key=lambda r: r[0])
    found = by_object(rows)
    for key in {r[0] for r in rows}:
        mine = [tuple(map(known, r[1:])) for r in rows if r[0] == key]
        expected = slow_dia_aggregates(mine)  # type: ignore[arg-type]
        scale = max([abs(f) for _, f, _ in mine if math.isfinite(f)], default=1.0) + 1.0
        for name, value in expected.items():
            if value is None:
                assert found[key][name] is None, name
            elif name in ("Skew", "StetsonJ", "Chi2"):
                # Spread at the level of rounding makes these two meaningless.
                if (expected["Sigma"] or 0.0) > 1e-6 * scale:
                    assert found[key][name] == pytest.approx(value, rel=1e-5, abs=1e-5), name
            else:
                far = 60000.0 if name == "LinearIntercept" else 1.0
                assert found[key][name] == pytest.approx(value, rel=1e-7, abs=1e-7 * scale * far), (
                    name
                )


@given(st.lists(points, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_neighbours_do_not_matter_to_the_last_bit(rows: list[Any], random: Any) -> None:
    """Each object alone gives what it gives in a shuffled batch, its own points in order."""
    together = by_object(rows)
    places = [r[0] for r in rows]
    random.shuffle(places)
    turn = {key: iter([r for r in rows if r[0] == key]) for key in set(places)}
    assert by_object([next(turn[key]) for key in places]) == together
    for key in together:
        assert by_object([r for r in rows if r[0] == key])[key] == together[key]


def test_published_constants() -> None:
    """Stetson J of LSST's own test, and the skewness of a known sample (scipy: bias=False)."""
    flux = np.linspace(-1, 1, 10)
    assert by_object([(1, t, f, 1.0) for t, f in enumerate(flux)])[1]["StetsonJ"] == pytest.approx(
        -0.5958393936080928, abs=1e-7
    )
    flux[7], errors = np.nan, np.ones(10)
    errors[4] = np.nan
    found = by_object([(1, t, f, s) for t, (f, s) in enumerate(zip(flux, errors, strict=True))])
    assert found[1]["StetsonJ"] == pytest.approx(-0.5412797916187173, abs=1e-6)
    assert found[1]["Ndata"] == 8
    skewed = by_object([(1, t, f, 1.0) for t, f in enumerate([1.0, 2.0, 3.0, 10.0])])
    assert skewed[1]["Skew"] == pytest.approx(1.763632614803888, rel=1e-9)


def test_what_a_real_cannot_hold_is_null() -> None:
    found = by_object([(1, 1.0, 1e200, 1.0), (1, 2.0, -1e200, 1.0), (2, 1.0, 0.0, 1e-30)])
    assert found[1]["Max"] is None
    assert found[1]["Chi2"] is None
    assert found[2]["Mean"] == 0.0


@pytest.fixture(scope="module")
def alerts(shared_data: Callable[..., Path]) -> list[Any]:
    return list(pq.read_table(shared_data("rubin_alerts_v10", "alerts.parquet")).to_pylist())


COMPARED = "Mean MeanErr Sigma ErrMean Min Max MaxSlope".split()


def test_published_rubin_objects(alerts: list[Any]) -> None:
    """Means, errors, scatter, extremes and slopes of Rubin's DiaObjects, which are float32."""
    compared = 0
    for alert in alerts:
        published, history = alert["diaObject"], alert["prvDiaSources"] or []
        for band in "ugrizy" if published else "":
            mine = [s for s in [alert["diaSource"], *history] if s["band"] == band]
            if not mine or published[f"{band}_psfFluxNdata"] != len(mine):
                continue
            columns = [
                [s[name] for s in mine]
                for name in "midpointMjdTai psfFlux psfFluxErr scienceFlux scienceFluxErr".split()
            ]
            ours = dia_aggregates([1] * len(mine), *columns)
            names = [f"psfFlux{n}" for n in COMPARED] + ["scienceFluxMean", "scienceFluxMeanErr"]
            for name in names:
                value = published[f"{band}_{name}"]
                if value is not None:
                    # The mean of float32 fluxes, and differences of close times, lose a few bits.
                    assert getattr(ours, name)[0] == pytest.approx(value, rel=1e-6), name
                    compared += 1
    assert compared > 100


def test_ztf_histories(shared_data: Callable[..., Path]) -> None:
    """Seventeen real light curves, as fluxes with sign, against the slow formulas."""
    rows = []
    alerts = pq.read_table(shared_data("ztf_alerts", "ztf_alerts.parquet")).to_pylist()
    for number, alert in enumerate(alerts):
        for seen in [alert["candidate"], *(alert["prv_candidates"] or [])]:
            if seen["magpsf"] is not None and seen["fid"] == alert["candidate"]["fid"]:
                flux = 10 ** (0.4 * (31.4 - seen["magpsf"]))
                sign = 1 if seen["isdiffpos"] in ("t", "1") else -1
                rows.append((number, seen["jd"] - 2400000.5, sign * flux, flux * seen["sigmapsf"]))
    found = by_object(rows)
    assert len(found) == 17
    for key, ours in found.items():
        expected = slow_dia_aggregates([r[1:] for r in rows if r[0] == key])
        for name, value in expected.items():
            assert (ours[name] is None) == (value is None), name
            if value is not None:
                assert ours[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name


def test_positions_against_full_precision_means() -> None:
    """Weighted means in the tangent plane, where 1 arcsec is flat to 1e-11 of itself."""
    rng = np.random.default_rng(3)
    for ra0, dec0 in [(10.0, 20.0), (0.0, -45.0), (200.0, 80.0)]:
        east, north = rng.normal(0, 1 / 3600, (2, 40))
        ra = (ra0 + east / np.cos(np.radians(dec0))) % 360
        err, cov, mjd = rng.uniform(1e-6, 1e-5, (2, 40)), rng.normal(0, 1e-12, 40), np.arange(40.0)
        err[0, :4] = [np.nan, 0.0, -1.0, np.inf]
        found = mean_dia_positions([5] * 40, mjd, ra, dec0 + north, *err, cov)
        w = 1 / (err[0, 4:] ** 2 + err[1, 4:] ** 2)
        assert found.diaObjectId == [5]
        offset = (found.ra[0] - ra0 + 180) % 360 - 180
        assert offset * np.cos(np.radians(dec0)) == pytest.approx(
            np.average(east[4:], weights=w), abs=1e-8
        )
        assert found.dec[0] - dec0 == pytest.approx(np.average(north[4:], weights=w), abs=1e-8)
        assert found.radecMjdTai[0] == pytest.approx(np.average(mjd[4:], weights=w))
        assert found.raErr[0] == pytest.approx(np.sqrt((w**2 * err[0, 4:] ** 2).sum()) / w.sum())
        assert found.ra_dec_Cov[0] == pytest.approx((w**2 * cov[4:]).sum() / w.sum() ** 2)


def test_positions_without_errors() -> None:
    found = mean_dia_positions([1, 1], [0, 4], [359.999, 0.001], [1, 1], [None] * 2, [0, 1], [0, 0])
    assert (found.ra[0] + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-9)
    assert (found.raErr, found.decErr, found.ra_dec_Cov) == ([None], [None], [None])
    assert found.radecMjdTai == [2.0]
