"""Matching of sources to stars in a frame that is shifted and turned, on simulated truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from bench.match_pattern import HALF, LIMITS, Field, chances, draw_field, recover, related
from skytract.udf.association.match_pattern import PatternMatch, match_pattern
from skytract.udf.association.match_pattern_chance import log_chance
from skytract.udf.association.match_pattern_on_sky import match_pattern_on_sky

CROSS = ([0.0, 100.0, 250.0, 30.0, 170.0], [0.0, 40.0, 10.0, 200.0, 120.0])


def drawn(seed: int, common: int, sources: int, stars: int) -> Field:
    return draw_field(np.random.default_rng(seed), common, sources, stars)


def test_fields_of_all_kinds_are_recovered() -> None:
    """300 of the list of the benchmark, 30 of them with 10 stars in common out of 100."""
    right, wrong, _ = recover(range(300))
    assert (right, wrong) == (300, 0)


def test_pairs_are_the_right_ones() -> None:
    """Four errors per axis hold all but 0.03 % of the pairs; few others are as near."""
    true = wrong = common = 0
    by_chance = 0.0
    for number in range(60):
        field = related(number)
        match = field.match()
        pairs = np.array([match.sourceId, match.refStarId])
        same = (pairs[0] == pairs[1]) & (pairs[0] < field.common)
        true, wrong, common = true + same.sum(), wrong + (~same).sum(), common + field.common
        by_chance += match.nChance
        assert match.nMatched == len(pairs[0]) == len(set(pairs[1]))
        assert list(pairs[0]) == sorted(pairs[0])
    assert true > 0.98 * common
    # Poisson, and clumped in some fields; sources that have their star do not look for another.
    assert 0.4 * by_chance < wrong < 1.3 * by_chance


def test_errors_of_the_transform_are_honest() -> None:
    """Offset from the truth by the covariance is chi2 with 6 degrees of freedom (affine)."""
    squares = []
    for number in range(100):
        field = drawn(number, 60, 100, 100)
        match = field.match()
        assert match.transform is not None and match.transformCov is not None
        truth = np.column_stack([field.shift, field.matrix]).ravel()
        offset = np.array(match.transform) - truth
        covariance = np.array(match.transformCov).reshape(6, 6)
        squares.append(offset @ np.linalg.solve(covariance, offset))
        assert match.rmsArcsec == pytest.approx(field.error, rel=0.4)
    # The mean of 100 scatters by sqrt(12 / 100) = 0.35; a wrong pair now and then adds to it.
    assert np.mean(squares) == pytest.approx(6.0, abs=1.2)


def test_unrelated_fields_are_not_claimed() -> None:
    """What is said of chance holds: of fields with nothing in common few look so improbable."""
    found = chances(range(100))
    assert found.min() > LIMITS[-1]
    for level in (0.3, 0.1):
        # Two errors of the binomial above the level itself.
        assert np.mean(found < level) < level + 2.0 * np.sqrt(level / len(found))


@pytest.mark.parametrize(("width", "together"), [(2.0, False), (15.0, False), (15.0, True)])
def test_clusters_are_no_patterns(width: float, together: bool) -> None:
    """Thirty clusters of ten, elsewhere or in the same places, without one star in common."""
    rng = np.random.default_rng(5)
    ids = np.arange(300)
    for _ in range(8):
        places = rng.uniform(-HALF, HALF, (2, 30, 1, 2))
        if together:
            places[1] = places[0] + 10.0
        points, stars = (places + rng.normal(0.0, width, (2, 30, 10, 2))).reshape(2, 300, 2)
        match = match_pattern(ids, *points.T, None, ids, *stars.T, None, *LIMITS)
        assert match.chanceProbability > 0.01


@pytest.mark.parametrize(("number", "expected"), [(1, 0.01), (4, 0.5), (30, 12.0), (200, 150.0)])
def test_chance_is_the_tail_of_poisson(number: int, expected: float) -> None:
    """The bound is never below the tail, and close to it where it is small."""
    exact = np.log(7.0) + poisson.logsf(number - 1, expected)
    assert exact <= log_chance(number, expected, 7.0) < exact + 0.5


def test_near_the_limit() -> None:
    """8 stars in common of 200, where 6 are told from chance if all lie within 0.35 arcsec."""
    matches = [(field, field.match()) for field in (drawn(n, 8, 200, 200) for n in range(40))]
    found = [field.recovered(match) for field, match in matches if match.matched]
    assert len(found) >= 32 and sum(found) >= len(found) - 2


def test_what_cannot_be_told_is_not_claimed() -> None:
    """Four stars in common among 300: chance makes as many anywhere."""
    matches = [drawn(number, 4, 300, 300).match() for number in range(10)]
    for match in matches:
        assert not match.matched and match.chanceProbability > LIMITS[-1]
        assert match.transform is None and match.sourceId == match.refStarId == []


def test_fluxes_only_tell_what_to_try_first() -> None:
    field = drawn(3, 200, 1500, 1500)
    upside_down = Field(**{**vars(field), "flux": -field.flux})
    unknown = Field(**{**vars(field), "flux": np.full(1500, np.nan)})
    expected = field.match()
    for other in (upside_down, unknown):
        match = other.match()
        assert field.recovered(match)
        assert match.refStarId == expected.refStarId


def test_a_crowd_of_thirty_thousand() -> None:
    """47 sources per square arcmin: of all pairs a sample votes, and then all are matched."""
    field = drawn(5, 3000, 30000, 30000)
    match = field.match()
    assert field.recovered(match)
    assert match.nMatched > 2900


def test_a_focal_plane() -> None:
    """3.5 deg wide, turned by half a degree: edges move by 55 arcsec; refraction shears it."""
    rng = np.random.default_rng(1)
    points = rng.uniform(-6300.0, 6300.0, (6000, 2))
    turn = np.radians(0.5)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.diag([1.0, 1.0003])
    stars = rng.uniform(-6400.0, 6400.0, (6000, 2))
    stars[:1500] = points[:1500] @ matrix.T + [-20.0, 15.0] + rng.normal(0, 0.05, (1500, 2))
    ids = np.arange(6000)
    match = match_pattern(ids, *points.T, -ids, ids, *stars.T, None, *LIMITS)
    assert match.matched and match.transform is not None
    assert match.sourceId[:1400] == match.refStarId[:1400]
    assert np.allclose(np.array(match.transform).reshape(2, 3)[:, 1:], matrix, atol=3e-6)
    assert match.nMatched == pytest.approx(1500, abs=10)


def by_limits(*limits: float, n: int = 5) -> PatternMatch:
    x, y = (np.array(c[:n]) for c in CROSS)
    ids = np.arange(len(x))
    return match_pattern(ids, x, y, None, ids, x + 0.4, y - 0.3, None, *limits)


def test_a_wcs_that_is_right_to_an_arcsec() -> None:
    """So little is left to choose that three stars are enough."""
    match = by_limits(1.0, 0.02, 1e-4, 0.5, 1e-4, n=3)
    assert match.matched and match.nMatched == 3
    assert (match.shiftXi, match.shiftEta) == (pytest.approx(0.4), pytest.approx(-0.3))


def test_pieces_of_one_star_are_no_evidence() -> None:
    """Two unrelated clumps of ten can be laid over each other anywhere."""
    rng = np.random.default_rng(2)
    points, stars = (rng.uniform(-HALF, HALF, (30, 2)) for _ in range(2))
    ring = 0.5 * np.array([[np.cos(a), np.sin(a)] for a in np.arange(10)])
    points, stars = np.concatenate([points, ring]), np.concatenate([stars, ring + 9.0])
    ids = np.arange(40)
    match = match_pattern(ids, *points.T, None, ids, *stars.T, None, *LIMITS)
    assert not match.matched and match.nMatched < 8


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_neither_order_nor_origin_matter(seed: int, xi: float, eta: float) -> None:
    field = drawn(seed, 40, 100, 120)
    expected = field.match()
    mix = np.random.default_rng(seed).permutation(100)
    origin = np.array([xi, eta])
    points, stars = field.points[mix] + origin, field.stars + origin
    ref = (np.arange(len(stars)), *stars.T, field.ref_flux)
    match = match_pattern(mix, *points.T, field.flux[mix], *ref, *LIMITS)
    assert dict(zip(match.sourceId, match.refStarId, strict=True)) == dict(
        zip(expected.sourceId, expected.refStarId, strict=True)
    )
    assert match.rotation == pytest.approx(expected.rotation, abs=1e-6)
    assert match.shiftXi == pytest.approx(expected.shiftXi, abs=1e-4)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (359.99, -30.0), (120.0, 89.99)])
def test_on_the_sky_as_in_the_plane(centre: tuple[float, float]) -> None:
    """Positions by astropy's gnomonic projection."""
    from astropy.wcs import WCS

    field = drawn(7, 50, 100, 100)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], centre, (1, 1)
    wcs.wcs.cdelt = [1 / 3600] * 2
    (ra, dec), (ref_ra, ref_dec) = (wcs.wcs_pix2world(p, 0).T for p in (field.points, field.stars))
    sources = (np.arange(100), ra, dec, field.flux)
    stars = (np.arange(len(ref_ra)), ref_ra, ref_dec, field.ref_flux)
    match = match_pattern_on_sky(*centre, *sources, *stars, *LIMITS)
    expected = field.match()
    assert match.refStarId == expected.refStarId
    assert match.transform is not None
    assert np.allclose(match.transform, expected.transform, atol=1e-5)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_are_no_match(number: int) -> None:
    match = by_limits(*LIMITS, n=number)
    assert match == (False, 0, 0.0, 1.0, *(None,) * 8, [], [])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"xi": [0.0, np.nan, 2.0]}, "source 2 has no finite position"),
        ({"ref_eta": [0.0, 1.0, np.inf]}, "star 9 has no finite position"),
        ({"source_id": [1, 1, 3]}, "source 1 is there 2 times"),
        ({"eta": [0.0]}, "there are 3 ids, 3 and 1 coordinates and 3 fluxes"),
        ({"max_shift_arcsec": 0.0}, "max_shift_arcsec is 0.0: give 0.001 to 3600.0"),
        ({"max_shift_arcsec": np.nan}, "max_shift_arcsec is nan"),
        ({"max_rotation_deg": -1.0}, "max_rotation_deg is -1.0: give 0.0 to 10.0"),
        ({"max_scale": 1.0}, "max_scale is 1.0"),
        ({"tolerance_arcsec": -1.0}, "tolerance_arcsec is -1.0"),
        ({"max_chance": 1.0}, "max_chance is 1.0"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, Any], sentence: str) -> None:
    good: dict[str, Any] = {
        "source_id": [1, 2, 3],
        "xi": [0.0, 1.0, 2.0],
        "eta": [0.0, 1.0, 2.0],
        "flux": None,
        "ref_star_id": [7, 8, 9],
        "ref_xi": [0.0, 1.0, 2.0],
        "ref_eta": [0.0, 1.0, 2.0],
        "ref_flux": None,
        "max_shift_arcsec": 30.0,
        "max_rotation_deg": 0.5,
        "max_scale": 0.0,
        "tolerance_arcsec": 1.0,
        "max_chance": 1e-4,
    }
    with pytest.raises(ValueError, match=sentence):
        match_pattern(**(good | changed))


def test_a_hundred_thousand_in_one_place() -> None:
    """They are one vote, and hide nothing; alone they tell nothing."""
    field, zero = drawn(11, 60, 100, 100), np.zeros((100_000, 2))
    core = field.points[0] + 0.2 * np.random.default_rng(0).normal(size=zero.shape)
    for crowd in (zero + 77.7, core):
        points = np.concatenate([field.points, crowd])
        flux = np.concatenate([field.flux, np.ones(len(crowd))])
        assert field.recovered(Field(**{**vars(field), "points": points, "flux": flux}).match())
        alone = Field(**{**vars(field), "points": crowd, "flux": flux[100:]}).match()
        assert not alone.matched


def test_stars_in_a_row() -> None:
    """Every shift along the row fits but for its ends: whatever is said, nothing breaks."""
    ids, zero = np.arange(200), np.zeros(200)
    match = match_pattern(ids, 10.0 * ids, zero, None, ids, 10.0 * ids, zero + 5, None, *LIMITS)
    assert 0.0 <= match.chanceProbability <= 1.0


def test_gaia_in_a_real_field(shared_data: Callable[..., Path]) -> None:
    """Some hundred stars of Gaia among 771 sources of a detector of HSC, at 20 wrong pointings."""
    folder = shared_data("hsc_s82_field")
    with fits.open(folder / "src_HSC_i_903986_31.fits.gz") as hdus:
        rows = hdus[1].data
        sources = np.degrees([rows["coord_ra"], rows["coord_dec"]])
        flux = np.array(rows["base_PsfFlux_instFlux"], float)
    shards = [fits.getdata(path) for path in sorted(folder.glob("gaia_dr2_*"))]
    stars, ref_flux = (
        np.degrees([np.concatenate([s[c] for s in shards]) for c in ("coord_ra", "coord_dec")]),
        np.concatenate([s["phot_g_mean_flux"] for s in shards]).astype(float),
    )
    centre = sources.mean(axis=1)
    ids, ref_ids = np.arange(len(flux)), np.arange(len(ref_flux))
    rng = np.random.default_rng(4)
    first: PatternMatch | None = None
    for _ in range(20):
        turn, way, scale = *rng.uniform(-1.0, 1.0, 2), rng.uniform(0.99, 1.01)
        c, s = np.cos(np.radians(turn / 2)) * scale, np.sin(np.radians(turn / 2)) * scale
        shift = 29.0 / 3600.0 * np.array([way, np.sqrt(1.0 - way**2)])
        wrong = np.array([[c, -s], [s, c]]) @ (sources - centre[:, None]) + shift[:, None]
        ra, dec = wrong + centre[:, None]
        match = match_pattern_on_sky(
            *centre, ids, ra, dec, flux, ref_ids, *stars, ref_flux, *LIMITS
        )
        assert match.matched and match.rotation is not None and match.scale is not None
        assert match.rotation == pytest.approx(-turn / 2, abs=0.005)
        assert match.scale == pytest.approx(1.0 / scale, abs=1e-4)
        assert match.rmsArcsec is not None and match.rmsArcsec < 0.02
        first = first or match
        assert match.nMatched > 100 and match.refStarId == first.refStarId
