import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skytract.pipelines.simulate.objects import BANDS, EPOCH_MJD, empty, flux_of_magnitude
from skytract.pipelines.simulate.render import expected_electrons, observe
from skytract.pipelines.simulate.templates import templates

SHAPE = (200, 240)


def astropys(frame):
    return WCS(fits.Header(list(frame.wcs.header().items())))


def band_ratio(frame):
    """Flux in the frame's band over that in r, of the first template."""
    return templates().ratios[0, BANDS.index(frame.visit.band)]


def put(frame, x, y, counts, kind="star"):
    """Objects at chosen pixels with chosen counts; positions by astropy."""
    objects = empty(len(x), kind)
    objects["ra"], objects["dec"] = astropys(frame).all_pix2world(x, y, 0)
    objects["flux"] = np.asarray(counts) * frame.z_mean / band_ratio(frame)
    return objects


def slow_moffat(shape, x, y, fwhm):
    """The Moffat profile, beta = 3, integrated over every pixel by 5 x 5 Gauss-Legendre points."""
    alpha = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / 3.0) - 1.0))
    node, weight = np.polynomial.legendre.leggauss(5)
    ys, xs = np.arange(shape[0])[:, None] - y, np.arange(shape[1])[None, :] - x
    total = np.zeros(shape)
    for dy, wy in zip(node / 2.0, weight / 2.0, strict=True):
        for dx, wx in zip(node / 2.0, weight / 2.0, strict=True):
            total += wx * wy * (1.0 + ((xs + dx) ** 2 + (ys + dy) ** 2) / alpha**2) ** -3.0
    return 2.0 / (np.pi * alpha**2) * total


def test_a_star_is_a_pixel_integrated_moffat(frame):
    for x, y in ((120.0, 100.0), (117.31, 92.74), (100.5, 80.5), (-3.2, 199.9)):
        image = expected_electrons(frame, put(frame, [x], [y], [1e5]), SHAPE) - frame.skyBg
        slow = 1e5 * slow_moffat(SHAPE, x, y, frame.psfFwhm)
        assert np.abs(image - slow).max() < 1e-4 * slow.max()
        assert image.sum() == pytest.approx(slow.sum(), abs=5e-4 * 1e5)


def test_a_stars_width_is_the_declared_fwhm(frame):
    image = expected_electrons(frame, put(frame, [120.0], [100.0], [1e6]), SHAPE) - frame.skyBg
    stamp = image[80:121, 100:141]
    trial = np.arange(0.95, 1.05, 0.001)
    misfit = [
        np.sum((stamp - 1e6 * slow_moffat((41, 41), 20.0, 20.0, k * frame.psfFwhm)) ** 2)
        for k in trial
    ]
    assert trial[np.argmin(misfit)] == pytest.approx(1.0, abs=0.002)


def test_centroids_are_astropys_positions(frame):
    rng = np.random.default_rng(3)
    x, y = (np.arange(4) * 55 + 30)[None, :] + np.zeros((3, 1)), (np.arange(3) * 60 + 40)[:, None]
    x, y = (x + rng.uniform(-1, 1, (3, 4))).ravel(), (y + rng.uniform(-1, 1, (3, 4))).ravel()
    image = expected_electrons(frame, put(frame, x, y, np.full(12, 1e5)), SHAPE) - frame.skyBg
    for left, up in zip(x, y, strict=True):
        column, row = round(left), round(up)
        stamp = image[row - 20 : row + 21, column - 20 : column + 21]
        offset = np.arange(-20, 21)
        assert stamp.sum(axis=0) @ offset / stamp.sum() == pytest.approx(left - column, abs=2e-3)
        assert stamp.sum(axis=1) @ offset / stamp.sum() == pytest.approx(up - row, abs=2e-3)


def test_a_galaxy_has_its_flux_centroid_size_and_position_angle(frame):
    galaxy = put(frame, [119.3], [101.6], [1e6], "galaxy")
    galaxy["diskScale"], galaxy["axisRatio"], galaxy["positionAngle"] = 1.2, 0.4, 30.0
    image = expected_electrons(frame, galaxy, SHAPE) - frame.skyBg
    star = expected_electrons(frame, put(frame, [119.3], [101.6], [1e6]), SHAPE) - frame.skyBg
    assert image.sum() == pytest.approx(1e6, rel=1e-3)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    near = np.hypot(x - 119.3, y - 101.6) < 60.0

    def moments(light):
        light = light * near
        mean = [np.sum(light * axis) / light.sum() for axis in (x, y)]
        offset = [axis - m for axis, m in zip((x, y), mean, strict=True)]
        second = [[np.sum(light * a * b) for a in offset] for b in offset]
        return np.array(mean), np.array(second) / light.sum()

    mean, second = moments(image)
    np.testing.assert_allclose(mean, [119.3, 101.6], atol=0.01)
    # An exponential disk has <r^2> = 6 h^2: variances 3 h^2 and 3 (q h)^2 along its axes.
    _, psf = moments(star)
    variance, axes = np.linalg.eigh(second - psf)
    scale = 1.2 / 0.3
    np.testing.assert_allclose(variance, 3.0 * scale**2 * np.array([0.16, 1.0]), rtol=0.06)
    ends = np.array([[119.3, 101.6], np.array([119.3, 101.6]) + axes[:, 1]])
    (ra0, ra1), (dec0, dec1) = astropys(frame).all_pix2world(*ends.T, 0)
    angle = np.degrees(np.arctan2((ra1 - ra0) * np.cos(np.radians(dec0)), dec1 - dec0)) % 180.0
    assert angle == pytest.approx(30.0, abs=0.5)


def test_truth_moves_with_proper_motion(frame):
    star = put(frame, [100.0], [100.0], [1e5])
    star["pmDec"] = 3000.0
    truth = observe(frame, star)
    years = (frame.visit.expMidptMJD - EPOCH_MJD) / 365.25
    moved = np.hypot(truth["x"] - 100.0, truth["y"] - 100.0)
    np.testing.assert_allclose(moved, 3.0 * years / 0.3, rtol=2e-3)
    assert truth["dec"] > star["dec"]


def test_counts_are_flux_over_z_mean(frame):
    star = put(frame, [100.0], [100.0], [1.0])
    star["flux"] = flux_of_magnitude(np.float64(frame.zeroPoint)) / band_ratio(frame)
    np.testing.assert_allclose(observe(frame, star)["counts"], 1.0, rtol=1e-12)


def test_nothing_far_away_is_drawn(frame):
    far = put(frame, [120.0, 5000.0], [4000.0, 100.0], [1e6, 1e6])
    assert np.all(expected_electrons(frame, far, SHAPE) == frame.skyBg)
