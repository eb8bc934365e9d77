"""The whole single-frame chain: real SDSS photometry, and simulated fields with known truth."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from scipy.spatial import cKDTree

from skytract.pipelines.celestial import pixels_to_sky, tangent_wcs
from skytract.pipelines.characterize_image import (
    Characterization,
    FrameSettings,
    characterize_image,
    psf_columns,
)
from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.forced_photometry import forced_photometry
from skytract.pipelines.measure_apertures import measure_apertures
from skytract.pipelines.read_raw import RawFrame, read_raw
from skytract.pipelines.run_isr import run_isr
from tests.pipelines.sky import (
    Floats,
    add_profiles,
    frame_info,
    grid_positions,
    make_exposure,
    moffat,
)

SKY, READ_NOISE, FWHM, BETA = 800.0, 6.0, 3.4, 3.0
R = 2
"""Index of the r band in SDSS's arrays."""


@pytest.fixture(scope="module")
def field() -> dict[str, Any]:
    """Light [electron] of 225 stars from S/N 3 to 800, their truth, and one exposure."""
    rng = np.random.default_rng(11)
    x, y, shape = grid_positions(15, 48, rng)
    flux = np.exp(rng.uniform(np.log(700), np.log(3e5), len(x)))
    row, column = np.mgrid[: shape[0], : shape[1]]
    light = SKY + 40 * (column / shape[1]) + 25 * np.sin(row / 300)
    add_profiles(light, x, y, flux, moffat(FWHM, BETA), 23)
    image = rng.poisson(light) + rng.normal(0, READ_NOISE, shape)
    return {"x": x, "y": y, "flux": flux, "image": image}


def characterize(image: Floats, **info: Any) -> Characterization:
    variance = np.maximum(image, 0) + READ_NOISE**2
    return characterize_image(make_exposure(image, variance, **info))


@pytest.fixture(scope="module")
def result(field: dict[str, Any]) -> Characterization:
    return characterize(field["image"])


def match(result: Characterization, field: dict[str, Any]) -> tuple[Any, Any]:
    """Rows of the sources, and which stars they are."""
    tree = cKDTree(np.stack([field["x"], field["y"]], axis=1))
    where = np.stack([result.columns["x"], result.columns["y"]], axis=1)
    distance, star = tree.query(where)
    source = np.flatnonzero(distance < 1.5)
    return source, star[source]


def total_flux(field: dict[str, Any], star: Any) -> Floats:
    """Truth within 12 pixels, which defines total flux: 1 - (1 + r^2 / alpha^2)^(1 - beta)."""
    alpha2 = FWHM**2 / 4 / (2 ** (1 / BETA) - 1)
    return np.asarray(field["flux"][star] * (1 - (1 + 144 / alpha2) ** (1 - BETA)))


def test_psf_and_completeness(result: Characterization, field: dict[str, Any]) -> None:
    assert result.exposure.psf is not None
    assert result.psf_fit is not None
    assert result.exposure.psf.fwhm == pytest.approx(FWHM, rel=0.01)
    assert len(result.psf_fit.stars) == 30
    source, star = match(result, field)
    # A star of flux F has S/N = F / sqrt(sky * area).
    snr = field["flux"] / np.sqrt((SKY + 56) * result.exposure.psf.area())
    assert set(np.flatnonzero(snr > 7.5)) <= set(star.tolist())
    assert len(source) == len(set(star.tolist()))
    assert len(result.columns["x"]) - len(source) <= 2


def test_fluxes_are_total_and_their_errors_true(
    result: Characterization, field: dict[str, Any]
) -> None:
    source, star = match(result, field)
    columns = {name: values[source] for name, values in result.columns.items()}
    truth = total_flux(field, star)
    assert not columns["psfInstFlux_flag"].any()
    bright = truth > 3e4
    assert np.median(columns["psfInstFlux"][bright] / truth[bright]) == pytest.approx(1, abs=2e-3)
    assert np.median(columns["ap12InstFlux"][bright] / truth[bright]) == pytest.approx(1, abs=4e-3)
    # Bright enough not to be selected by their noise, faint enough for it to dominate.
    some = (truth > 4e3) & (truth < 3e4)
    pull = (columns["psfInstFlux"] - truth)[some] / columns["psfInstFluxErr"][some]
    assert abs(pull.mean()) < 4 / np.sqrt(some.sum())
    assert pull.std() == pytest.approx(1, abs=4 / np.sqrt(2 * some.sum()))
    for axis in "xy":
        position = (columns[axis] - field[axis][star]) / columns[f"{axis}Err"]
        assert position[~columns["centroid_flag"]].std() == pytest.approx(1, abs=0.2)


def test_stars_are_points_with_the_moments_of_the_psf(
    result: Characterization, field: dict[str, Any]
) -> None:
    source, star = match(result, field)
    columns = {name: values[source] for name, values in result.columns.items()}
    bright = field["flux"][star] > 2e4
    assert (columns["extendedness"][bright] == 0).all()
    for name in ("ixx", "iyy"):
        ratio = columns[name][bright] / columns[f"{name}PSF"][bright]
        assert np.median(ratio) == pytest.approx(1, abs=0.01)
    assert np.abs(np.median(columns["ixy"][bright])) < 0.03


def test_forced_photometry_agrees_with_the_sources(result: Characterization) -> None:
    x, y = result.columns["x"], result.columns["y"]
    ra, dec = pixels_to_sky(result.exposure.wcs, x, y)
    forced = forced_photometry(result.exposure, np.arange(len(x)), ra, dec)
    assert forced["psfInstFlux"] == pytest.approx(result.columns["psfInstFlux"], rel=1e-4, abs=1.0)


def test_empty_sky_has_unit_pulls(result: Characterization, field: dict[str, Any]) -> None:
    """Random positions far from stars: mean 0 and width 1 check sky, noise and PSF at once."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(10, 710, (2, 6000))
    tree = cKDTree(np.stack([field["x"], field["y"]], axis=1))
    far = tree.query(np.stack([x, y], axis=1))[0] > 17
    ra, dec = pixels_to_sky(result.exposure.wcs, x[far], y[far])
    forced = forced_photometry(result.exposure, np.arange(far.sum()), ra, dec)
    pull = forced["psfInstFlux"] / forced["psfInstFluxErr"]
    assert len(pull) > 1500
    # The wings of the stars, cut at 23 px, still lie under these positions.
    assert abs(pull.mean()) < 0.2
    assert pull.std() == pytest.approx(1.0, abs=0.06)


def test_turned_frame_gives_the_turned_catalog(
    result: Characterization, field: dict[str, Any]
) -> None:
    last = field["image"].shape[0] - 1
    turned = characterize(np.rot90(field["image"]).copy()).columns
    here = result.columns
    tree = cKDTree(np.stack([last - turned["y"], turned["x"]], axis=1))
    distance, row = tree.query(np.stack([here["x"], here["y"]], axis=1))
    bright = here["psfInstFlux"] > 20 * here["psfInstFluxErr"]
    assert bright.sum() > 100
    assert distance[bright].max() < 0.01
    # The cells of the background begin at another corner, which moves the sky a little.
    change = turned["psfInstFlux"][row][bright] - here["psfInstFlux"][bright]
    assert np.abs(change / here["psfInstFluxErr"][bright]).max() < 0.6
    assert np.allclose(turned["ixx"][row][bright], here["iyy"][bright], rtol=0.05)


def test_brightness_scales(result: Characterization, field: dict[str, Any]) -> None:
    """Twice the electrons with four times the variance: the same catalog, twice as bright."""
    variance = 4 * (np.maximum(field["image"], 0) + READ_NOISE**2)
    doubled = characterize_image(make_exposure(2 * field["image"], variance)).columns
    assert doubled["x"] == pytest.approx(result.columns["x"], abs=1e-3)
    for name in ("psfInstFlux", "psfInstFluxErr", "ap12InstFlux", "kronInstFlux"):
        both = np.isfinite(doubled[name]) & np.isfinite(result.columns[name])
        assert doubled[name][both] == pytest.approx(2 * result.columns[name][both], rel=1e-3)


def test_blank_frame_gives_an_empty_catalog() -> None:
    rng = np.random.default_rng(6)
    image = rng.poisson(500, (200, 200)).astype(float)
    blank = characterize(image, seeing=0.9)
    assert len(blank.columns["x"]) <= 1
    assert blank.psf_fit is None
    assert blank.exposure.psf is not None
    assert blank.exposure.psf.fwhm == pytest.approx(0.9 / 0.2)
    assert blank.columns["psfInstFlux_flag"].all()


def test_too_few_stars_flag_every_psf_flux() -> None:
    rng = np.random.default_rng(7)
    light = np.full((200, 200), 500.0)
    x, y = np.array([60.3, 140.2]), np.array([50.1, 130.4])
    add_profiles(light, x, y, np.array([8e4, 5e4]), moffat(4.0, 3.0), 30)
    two = characterize(rng.poisson(light).astype(float))
    assert two.psf_fit is None
    assert two.exposure.psf is not None
    assert two.exposure.psf.fwhm == pytest.approx(4.0, rel=0.1)
    assert two.columns["psfInstFlux_flag"].all()
    assert np.isfinite(two.columns["psfInstFlux"]).all()


def test_saturated_star_and_cosmic_ray_are_flagged(field: dict[str, Any]) -> None:
    image = field["image"].copy()
    star = int(np.argmax(field["flux"]))
    row, column = round(float(field["y"][star])), round(float(field["x"][star]))
    saturated = np.zeros(image.shape, bool)
    saturated[row - 2 : row + 3, column - 1 : column + 2] = True
    image[400, 401:420] += 3000
    exposure = make_exposure(image, np.maximum(image, 0) + READ_NOISE**2)
    columns = characterize_image(exposure.with_mask(saturated, MaskPlane.SATURATED)).columns
    distance = np.hypot(columns["x"] - column, columns["y"] - row)
    assert columns["pixelFlags_saturated"][np.argmin(distance)]
    assert columns["pixelFlags_saturated"].sum() == 1
    track = (np.abs(columns["y"] - 400) < 2) & (columns["x"] > 404) & (columns["x"] < 416)
    assert not (track & ~columns["pixelFlags_cr"]).any()


def odd_frames() -> dict[str, Any]:
    """Frames no telescope should write."""
    rng = np.random.default_rng(8)
    sky = rng.poisson(300, (120, 130)).astype(float)
    columns, step, huge, block = sky.copy(), sky.copy(), sky.copy(), sky.copy()
    columns[:, 50] += 2000
    step[:65] += 3000
    huge[60, 60] = 1e30
    block[40:80, 40:80] = 65535
    return {
        "one pixel": np.full((1, 1), 5.0),
        "narrow": sky[:4],
        "constant": np.full((60, 70), 7.0),
        "zero": np.zeros((60, 70)),
        "negative": sky - 1000,
        "uniform noise": rng.random((120, 130)) * 60000,
        "wild noise": 10 * rng.standard_cauchy((120, 130)),
        "bright column": columns,
        "step": step,
        "huge pixel": huge,
        "saturated block": block,
        "a third missing": np.where(rng.random(sky.shape) < 0.3, np.nan, sky),
        "half missing": np.where(np.arange(130) < 65, np.nan, sky),
    }


@pytest.mark.parametrize("kind", odd_frames())
@pytest.mark.parametrize("calibrated", [False, True])
def test_odd_frames_give_a_catalog(kind: str, calibrated: bool) -> None:
    image = odd_frames()[kind].astype(np.float32)
    info = frame_info(read_noise=5.0, saturation=60000.0, calibrated=calibrated)
    wcs = tangent_wcs(150.0, -2.0, 0.2, (image.shape[0], image.shape[1]))
    result = characterize_image(run_isr(RawFrame(info, image, wcs, None, None)))
    assert np.isfinite(result.columns["x"]).all()
    assert np.isfinite(list(psf_columns(result.exposure).values())).all()
    for name, values in result.columns.items():
        assert len(values) == len(result.columns["x"]), name


@pytest.mark.parametrize("seeing", [0.05, 60.0])
def test_unlikely_seeing_is_no_obstacle(seeing: float) -> None:
    rng = np.random.default_rng(9)
    blank = characterize(rng.poisson(300, (150, 150)).astype(float), seeing=seeing)
    assert np.isfinite(list(psf_columns(blank.exposure).values())).all()


def test_settings_reach_the_detection(field: dict[str, Any]) -> None:
    image = field["image"][:300, :300]
    exposure = make_exposure(image, np.maximum(image, 0) + READ_NOISE**2)
    base = FrameSettings()
    deep = characterize_image(
        exposure, replace(base, detection=replace(base.detection, threshold=3.0))
    )
    assert len(deep.columns["x"]) > len(characterize_image(exposure, base).columns["x"])


def test_sdss_star_against_its_published_row(shared_data: Any) -> None:
    """Centroid, moments, PSF and aperture flux of the one whole unsaturated star of the cut-out."""
    path = shared_data("sdss_frame", "frame-r-001000-1-0100.fits.bz2")
    result = characterize_image(run_isr(read_raw(path)))
    rows = fits.getdata(shared_data("sdss_frame", "photoObj-001000-1-0100.fits"))
    star = rows[np.argmin(np.abs(rows["PSFFLUX"][:, R] - 15.0))]
    # SDSS centres the first pixel at 0.5.
    x, y = star["COLC"][R] - 0.5, star["ROWC"][R] - 0.5
    columns = result.columns
    i = int(np.argmin(np.hypot(columns["x"] - x, columns["y"] - y)))
    assert abs(columns["x"][i] - x) < 3 * np.hypot(columns["xErr"][i], star["COLCERR"][R])
    assert abs(columns["y"][i] - y) < 3 * np.hypot(columns["yErr"][i], star["ROWCERR"][R])
    # M_RR_CC is <r^2> of the adaptive moments; a star of S/N 35 has it to 2 * sqrt(2) / 35 = 6 %.
    assert columns["ixx"][i] + columns["iyy"][i] == pytest.approx(star["M_RR_CC"][R], rel=0.1)
    nanomaggies = fits.getheader(path)["NMGY"] / result.exposure.info.gain
    flux = columns["psfInstFlux"][i] * nanomaggies
    error = np.hypot(columns["psfInstFluxErr"][i] * nanomaggies, star["PSFFLUX_IVAR"][R] ** -0.5)
    assert abs(flux - star["PSFFLUX"][R]) < 3 * error + 0.05 * star["PSFFLUX"][R]
    # Published apertures of 1.745 and 2.972 arcsec, of 0.396 arcsec pixels: 4.41 and 7.51 px.
    around = measure_apertures(result.exposure, columns["x"], columns["y"], radii=[4, 5, 7, 8])
    counts = {r: float(around[f"ap{r:02d}InstFlux"][i]) * nanomaggies for r in (4, 5, 7, 8)}
    for fraction, (inner, outer), published in ((0.41, (4, 5), 3), (0.51, (7, 8), 4)):
        between = counts[inner] + fraction * (counts[outer] - counts[inner])
        radius = inner + fraction
        noise = 0.033 * np.sqrt(np.pi) * radius  # nanomaggies; the sky's noise is 0.033 per pixel
        assert between == pytest.approx(star["APERFLUX"][R][published], abs=3 * noise)
