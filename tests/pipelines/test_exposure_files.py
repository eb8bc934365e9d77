"""Calibrated exposures come back from their files as they went in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skytract.pipelines.celestial import pixels_to_sky
from skytract.pipelines.characterize_image import characterize_image
from skytract.pipelines.exposure import Exposure, MaskPlane
from skytract.pipelines.exposure_files import exposure_name, read_exposure, write_exposure
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.read_raw import read_raw
from skytract.pipelines.run_isr import run_isr
from tests.pipelines.frames import write_raw


@pytest.fixture(scope="module")
def exposure(tmp_path_factory: pytest.TempPathFactory) -> Exposure:
    path = write_raw(tmp_path_factory.mktemp("raw"), SEEING=0.8)
    return characterize_image(run_isr(read_raw(path))).exposure


def test_round_trip(exposure: Exposure, tmp_path: Path) -> None:
    path = tmp_path / exposure_name(7, 3)
    write_exposure(exposure, path)
    back = read_exposure(path)
    for name in ("image", "mask", "variance"):
        assert np.array_equal(getattr(back, name), getattr(exposure, name))
        assert getattr(back, name).dtype.isnative
    assert back.info == exposure.info
    assert back.psf == exposure.psf
    assert back.aperture_correction == exposure.aperture_correction
    assert np.allclose(back.background_level(), exposure.background_level())
    x, y = np.array([0.0, 100.5, 199.0]), np.array([0.0, 33.3, 189.0])
    one, other = (np.array(pixels_to_sky(e.wcs, x, y)) for e in (back, exposure))
    assert np.abs(one - other).max() < 1e-9  # 4 microarcsec
    assert [p.name for p in tmp_path.iterdir()] == ["calexp_7_3.fits"]


def test_planes_are_written_as_cards(exposure: Exposure, tmp_path: Path) -> None:
    write_exposure(exposure, tmp_path / "e.fits")
    header = fits.getheader(tmp_path / "e.fits", "MASK")
    for plane in MaskPlane:
        assert header[f"MP_{plane.name}"[:8]] == int(plane)


def test_without_psf(exposure: Exposure, tmp_path: Path) -> None:
    bare = replace(exposure, psf=None, aperture_correction=None)
    write_exposure(bare, tmp_path / "e.fits")
    back = read_exposure(tmp_path / "e.fits")
    assert (back.psf, back.aperture_correction) == (None, None)


def test_broken_files_are_refused(exposure: Exposure, tmp_path: Path) -> None:
    path = tmp_path / "e.fits"
    with pytest.raises(FrameError, match="there is no such file; `skytract frames` writes it"):
        read_exposure(path)
    write_exposure(exposure, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FrameError, match="not a whole calibrated exposure"):
        read_exposure(path)
    with pytest.raises(FrameError, match=r"visit_7.*not a whole calibrated exposure"):
        read_exposure(write_raw(tmp_path))
