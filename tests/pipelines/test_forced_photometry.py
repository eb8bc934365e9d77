"""Forced photometry: unbiased wherever one points it, bright, faint, empty or negative."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from skytract.pipelines.celestial import pixels_to_sky
from skytract.pipelines.exposure import Exposure, MaskPlane
from skytract.pipelines.exposure_files import write_exposure
from skytract.pipelines.fit_aperture_correction import ApertureCorrection
from skytract.pipelines.forced_photometry import force_visit_detector, forced_photometry
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.psf import MoffatPsf
from tests.pipelines.sky import Floats, add_profiles, grid_positions, make_exposure, moffat

FWHM, BETA, SKY = 3.6, 3.0, 600.0
PSF = MoffatPsf.from_fwhm(FWHM, BETA)
FLUXES = (-400.0, 0.0, 0.0, 200.0, 2000.0, 1e5)


def exposure_of(seed: int, n: int = 36) -> tuple[Exposure, Floats, Floats, Floats]:
    """n x n stars of the six fluxes in turn, with the aperture correction the PSF asks for."""
    rng = np.random.default_rng(seed)
    x, y, shape = grid_positions(n, 2 * PSF.half + 5, rng)
    flux = np.resize(FLUXES, len(x))
    light = np.full(shape, SKY)
    add_profiles(light, x, y, flux, moffat(FWHM, BETA), PSF.half)
    # The share of the profile in the stamp is what its light was cut to: no correction is due.
    one = np.zeros((2 * PSF.half + 1,) * 2)
    middle = np.full(1, float(PSF.half))
    add_profiles(one, middle, middle, np.ones(1), moffat(FWHM, BETA), PSF.half)
    exposure = make_exposure(rng.poisson(light) - SKY, light, noise=np.sqrt(SKY))
    correction = ApertureCorrection((1 / one.sum(),), exposure.shape, 0.0, 9)
    return replace(exposure, psf=PSF, aperture_correction=correction), x, y, flux


def test_unbiased_with_unit_pulls_at_every_brightness() -> None:
    exposure, x, y, flux = exposure_of(1)
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    columns = forced_photometry(exposure, np.arange(len(x)), ra, dec)
    assert np.array_equal(columns["objectId"], np.arange(len(x)))
    assert np.abs(columns["x"] - x).max() < 1e-6
    assert not columns["psfInstFlux_flag"].any()
    pull = (columns["psfInstFlux"] - flux) / columns["psfInstFluxErr"]
    for value in set(FLUXES):
        some = pull[flux == value]
        assert abs(some.mean()) < 4 / np.sqrt(len(some))
        assert some.std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * len(some)))
    assert (columns["psfInstFlux"][flux == -400] < 0).mean() > 0.9


def test_positions_off_the_detector_are_left_out() -> None:
    exposure, *_ = exposure_of(2, n=3)
    ny, nx = exposure.shape
    x = np.array([-0.6, -0.4, nx - 0.6, nx - 0.4, 20.0, 20.0])
    y = np.array([20.0, 20.0, 20.0, 20.0, -3.0, ny + 5.0])
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    columns = forced_photometry(exposure, [1, 2, 3, 4, 5, 6], ra, dec)
    assert columns["objectId"].tolist() == [2, 3]
    other_side = forced_photometry(exposure, [1], [330.0], [2.0])
    assert len(other_side["objectId"]) == 0


def test_order_and_company_do_not_matter() -> None:
    exposure, x, y, _ = exposure_of(3, n=6)
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    ids = np.arange(len(x))
    all_at_once = forced_photometry(exposure, ids, ra, dec)
    shuffled = np.random.default_rng(1).permutation(len(x))
    again = forced_photometry(exposure, ids[shuffled], ra[shuffled], dec[shuffled])
    assert np.array_equal(again["objectId"], ids[shuffled])
    assert np.allclose(again["psfInstFlux"], all_at_once["psfInstFlux"][shuffled], rtol=1e-12)
    alone = forced_photometry(exposure, ids[4], ra[4], dec[4])
    assert alone["psfInstFlux"][0] == pytest.approx(all_at_once["psfInstFlux"][4], rel=1e-9)


def test_defects_are_flagged() -> None:
    exposure, x, y, _ = exposure_of(4, n=4)
    core = np.zeros(exposure.shape, bool)
    row, column = round(float(y[5])), round(float(x[5]))
    core[row - 3 : row + 4, column - 3 : column + 4] = True
    exposure = exposure.with_mask(core, MaskPlane.SATURATED)
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    columns = forced_photometry(exposure, np.arange(len(x)), ra, dec)
    expected = np.arange(len(x)) == 5
    assert np.array_equal(columns["psfInstFlux_flag"], expected)
    assert np.array_equal(columns["pixelFlags_saturated"], expected)


def test_one_saturated_pixel_at_the_peak_is_flagged() -> None:
    """The rest of the profile outweighs it, but light is missing."""
    exposure, x, y, _ = exposure_of(8, n=3)
    peak = np.zeros(exposure.shape, bool)
    peak[round(float(y[5])), round(float(x[5]))] = True
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    ids = np.arange(len(x))
    saturated = forced_photometry(exposure.with_mask(peak, MaskPlane.SATURATED), ids, ra, dec)
    assert np.array_equal(saturated["psfInstFlux_flag"], ids == 5)
    hit = forced_photometry(exposure.with_mask(peak, MaskPlane.CR), ids, ra, dec)
    assert not hit["psfInstFlux_flag"].any()


def test_guessed_psf_is_flagged() -> None:
    exposure, x, y, _ = exposure_of(5, n=3)
    guess = ApertureCorrection((1.0,), exposure.shape, float("nan"), 0)
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    columns = forced_photometry(
        replace(exposure, aperture_correction=guess), np.arange(len(x)), ra, dec
    )
    assert columns["psfInstFlux_flag"].all()


@pytest.mark.parametrize(
    ("ids", "ra", "dec", "message"),
    [
        ([1, 2], [150.0], [2.0], "give three lists of the same length"),
        ([8, 9], [150.0, np.nan], [2.0, 2.0], "Object 9 is at ra = nan"),
        ([8], [150.0], [91.0], "Object 8 is at ra = 150.0, dec = 91.0"),
    ],
)
def test_bad_positions(ids: Any, ra: Any, dec: Any, message: str) -> None:
    exposure, *_ = exposure_of(6, n=2)
    with pytest.raises(FrameError, match=message):
        forced_photometry(exposure, ids, ra, dec)


def test_exposure_without_psf() -> None:
    with pytest.raises(FrameError, match="has no PSF; characterize it first"):
        forced_photometry(make_exposure(np.zeros((9, 9))), [1], [150.0], [-2.0])


def test_catalog_file(tmp_path: Path) -> None:
    exposure, x, y, _ = exposure_of(7, n=6)
    write_exposure(exposure, tmp_path / "calexp_7_3.fits")
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    objects = {"objectId": 100 + np.arange(len(x)), "ra": ra, "dec": dec}
    path = force_visit_detector(tmp_path / "calexp_7_3.fits", objects, tmp_path / "out")
    assert path.name == "ForcedSource_7_3.parquet"
    table = pq.read_table(path)
    assert table.schema.metadata[b"skytract.kind"] == b"ForcedSource"
    assert table["objectId"].to_pylist() == list(range(100, 100 + len(x)))
    assert set(table["visit"].to_pylist()) == {7}
    assert table["psfDiffInstFlux"].null_count == len(x)
    assert all(table["psfDiffInstFlux_flag"].to_pylist())
    direct = forced_photometry(exposure, objects["objectId"], ra, dec)
    assert np.allclose(table["psfInstFlux"].to_numpy(), direct["psfInstFlux"], rtol=1e-6)
    none = force_visit_detector(
        tmp_path / "calexp_7_3.fits", {"objectId": [], "ra": [], "dec": []}, tmp_path / "out"
    )
    assert pq.read_table(none).num_rows == 0


def test_real_sdss_star_and_a_three_sigma_one(shared_data: Any) -> None:
    """Photometry of the SDSS pipeline at its own positions, in nanomaggies (band r)."""
    from astropy.io import fits

    from skytract.pipelines.estimate_background import estimate_background, subtract_background
    from skytract.pipelines.read_raw import read_raw
    from skytract.pipelines.run_isr import run_isr

    path = shared_data("sdss_frame", "frame-r-001000-1-0100.fits.bz2")
    exposure = run_isr(read_raw(path))
    exposure = subtract_background(exposure, estimate_background(exposure))
    header = fits.getheader(path)
    objects = fits.getdata(shared_data("sdss_frame", "photoObj-001000-1-0100.fits"))
    r = 2
    scale = objects["PIXSCALE"][0, r]
    fwhm = objects["PSF_FWHM"][12, r] / scale
    nanomaggies = header["NMGY"] / exposure.info.gain
    psf = MoffatPsf.from_fwhm(float(fwhm), 3.5)
    exposure = replace(
        exposure,
        psf=psf,
        aperture_correction=ApertureCorrection((1.0,), exposure.shape, 0.0, 1),
    )
    inside = (
        (objects["TYPE"][:, r] == 6) & (objects["COLC"][:, r] < 95) & (objects["ROWC"][:, r] < 95)
    )
    assert inside.sum() == 2
    # The first pixel is centred at 0.5 in SDSS's convention.
    x, y = objects["COLC"][inside, r] - 0.5, objects["ROWC"][inside, r] - 0.5
    ra, dec = pixels_to_sky(exposure.wcs, x, y)
    columns = forced_photometry(exposure, [1, 2], ra, dec)
    flux = columns["psfInstFlux"] * nanomaggies
    published = objects["PSFFLUX"][inside, r]
    error = 1 / np.sqrt(objects["PSFFLUX_IVAR"][inside, r])
    ours = columns["psfInstFluxErr"] * nanomaggies
    assert (np.abs(flux - published) < 3 * np.hypot(error, ours) + 0.05 * published).all()
    assert ours == pytest.approx(error, rel=0.25)
