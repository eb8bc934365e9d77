"""Instrument signature removal: real overscan and read noise, and an exact inverse of a model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.read_raw import RawFrame, read_raw
from skytract.pipelines.run_isr import measure_overscan, run_isr
from tests.pipelines.frames import BIAS, GAIN, NX, NY, OVERSCAN, READ_NOISE, SKY, write_raw
from tests.pipelines.sky import frame_info


def raw_frame(data: Any, **info: Any) -> RawFrame:
    values = {"gain": GAIN, "read_noise": READ_NOISE, "saturation": 60000.0} | info
    trim = (slice(0, NY), slice(0, NX))
    bias = (slice(0, NY), slice(NX, NX + OVERSCAN))
    return RawFrame(frame_info(**values), data.astype(np.float32), None, bias, trim)


def flat_frame(level: float = 500.0, bias: Any = BIAS) -> Any:
    """Noiseless adu: bias everywhere, a flat light [electron] on the image."""
    data = np.zeros((NY, NX + OVERSCAN)) + np.reshape(bias, (-1, 1))
    data[:, :NX] += level / GAIN
    return data


def test_saao_overscan_and_read_noise(shared_data: Any) -> None:
    """Published with the frame: overscan 214.0 adu, read noise 5.8-6.0 electrons, gain 1.9."""
    exposure = run_isr(read_raw(shared_data("raw_ccd", "saao_a8280271.fits"), band="r"))
    assert exposure.info.overscan == 214.0
    assert exposure.info.read_noise is not None
    assert 5.8 <= exposure.info.read_noise <= 6.0
    assert exposure.info.gain == 1.9
    assert exposure.shape == (520, 512)
    # The sky's photons and the measured read noise explain the noise of a blank corner.
    blank = exposure.image[150:180, 20:120]
    expected = np.sqrt(np.median(blank) + exposure.info.read_noise**2)
    assert np.std(blank) == pytest.approx(expected, rel=0.05)


def test_inverse_of_the_detector_model() -> None:
    drift = BIAS + 3.0 * np.sin(np.arange(NY) / 90.0)
    exposure = run_isr(raw_frame(flat_frame(500.0, drift)))
    # Smoothing over 51 rows bends a sine of that period by at most 3 (1 - sinc) = 0.04 adu,
    # a little more at the ends where the window runs out of rows.
    assert np.abs(exposure.image - 500.0).max() < 0.8
    assert np.abs(exposure.image[60:-60] - 500.0).max() < 0.1
    # This overscan has no noise, so that photons are all there is.
    assert np.allclose(exposure.variance, exposure.image, atol=1e-3)


def test_read_noise_of_a_simulated_frame(tmp_path: Path) -> None:
    exposure = run_isr(read_raw(write_raw(tmp_path)))
    assert exposure.info.read_noise is not None
    # Rounding to integers adds gain^2 / 12 of variance; 6,720 pixels measure a sigma to 0.9 %.
    truth = np.hypot(READ_NOISE, GAIN / np.sqrt(12))
    assert exposure.info.read_noise == pytest.approx(truth, rel=0.03)
    assert exposure.info.overscan == pytest.approx(BIAS, abs=0.5)
    assert np.percentile(exposure.image, 45) == pytest.approx(SKY, abs=4.0)
    photons = np.maximum(exposure.image, 0) + exposure.info.read_noise**2
    assert np.allclose(exposure.variance, photons, rtol=1e-6)


def test_charge_in_the_overscan_is_no_bias() -> None:
    rng = np.random.default_rng(1)
    strip = (BIAS + rng.normal(0, 3.0, (NY, OVERSCAN))).astype(np.float32)
    hit = strip.copy()
    hit[40:60, 5] += 5000
    clean, dirty = measure_overscan(strip, 0, NY), measure_overscan(hit, 0, NY)
    assert np.abs(dirty.rows - clean.rows).max() < 0.2
    assert dirty.read_noise == pytest.approx(3.0, rel=0.05)


def test_small_overscan_keeps_the_header_noise() -> None:
    raw = raw_frame(flat_frame())
    raw = replace(raw, bias=(slice(0, 5), slice(NX, NX + 3)))
    assert run_isr(raw).info.read_noise == READ_NOISE


def test_saturation_is_judged_in_raw_adu() -> None:
    data = flat_frame()
    data[100, 50] = 60000
    data[120, 60] = 59999
    exposure = run_isr(raw_frame(data))
    assert np.argwhere(exposure.flagged(MaskPlane.SATURATED)).tolist() == [[100, 50]]
    suspect = np.argwhere(exposure.flagged(MaskPlane.SUSPECT))
    assert len(suspect) == 8
    assert np.abs(suspect - [100, 50]).max() == 1


def test_edge_ring() -> None:
    edge = run_isr(raw_frame(flat_frame())).flagged(MaskPlane.EDGE)
    assert edge.sum() == 2 * (NX + NY) - 4
    assert not edge[1:-1, 1:-1].any()


def test_not_finite_and_defective_pixels() -> None:
    data = flat_frame()
    data[10, 20] = np.nan
    data[30, 40] = np.inf
    defects = np.zeros((NY, NX), bool)
    defects[50, 60] = True
    exposure = run_isr(raw_frame(data), defects)
    bad = np.argwhere(exposure.flagged(MaskPlane.BAD)).tolist()
    assert bad == [[10, 20], [30, 40], [50, 60]]
    assert np.isfinite(exposure.image).all()
    assert (exposure.image[exposure.flagged(MaskPlane.BAD)] == 0).all()


def test_empty_frame_is_refused() -> None:
    data = np.full((NY, NX + OVERSCAN), np.nan)
    data[:, NX:] = BIAS
    with pytest.raises(FrameError, match="test: no pixel holds a finite number"):
        run_isr(raw_frame(data))
    with pytest.raises(FrameError, match="overscan holds no finite number; check BIASSEC"):
        run_isr(raw_frame(np.full((NY, NX + OVERSCAN), np.nan)))


def test_defects_of_another_detector_are_refused() -> None:
    with pytest.raises(FrameError, match=r"defect mask has shape \(3, 3\)"):
        run_isr(raw_frame(flat_frame()), np.zeros((3, 3), bool))


def test_calibrated_frames_get_the_noise_of_their_sky() -> None:
    rng = np.random.default_rng(2)
    data = rng.normal(0, 7.0, (200, 200))
    raw = RawFrame(frame_info(calibrated=True), data.astype(np.float32), None, None, None)
    variance = run_isr(raw).variance
    assert np.sqrt(np.median(variance)) == pytest.approx(7.0, rel=0.03)


def test_masks_are_only_added_to() -> None:
    exposure = run_isr(raw_frame(flat_frame()))
    before = exposure.mask.copy()
    after = exposure.with_mask(np.ones(exposure.shape, bool), MaskPlane.CR).mask
    assert ((after & before) == before).all()
    assert np.array_equal(exposure.mask, before)
