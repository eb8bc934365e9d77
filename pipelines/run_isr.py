"""RunISR: a raw frame becomes an image in electrons with mask and variance (LDM-151 5.1.1.5, 8.1).

In this order: saturation mask (judged in raw adu), overscan, trim, gain, defects, variance.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from skytract.pipelines.exposure import (
    BoolArray,
    Exposure,
    Floats,
    FrameInfo,
    Image,
    MaskImage,
    MaskPlane,
)
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.read_raw import RawFrame

OVERSCAN_ROWS = 51
"""Rows over which the overscan level is smoothed: it drifts slowly, single rows are noisy."""
CLIP_SIGMA = 5.0
"""Overscan pixels farther from their row's median are charge, not bias."""
MIN_OVERSCAN_PIXELS = 100
"""Fewer overscan pixels than this do not measure the read noise to 10 %."""
MAD_TO_SIGMA = 1.4826
"""Standard deviation of a Gaussian per median absolute deviation."""


@dataclass(frozen=True)
class Overscan:
    """What the overscan strip says.

    Attributes
    ----------
    rows : ndarray, shape (rows of the frame,), adu
        Bias level of each row.
    level : float, adu
        Median of the strip.
    read_noise : float or None, adu
        RMS of a pixel; None if the strip is too small to tell.
    """

    rows: Floats
    level: float
    read_noise: float | None


def measure_overscan(strip: Image, first_row: int, n_rows: int) -> Overscan:
    """Measure bias level per row and read noise on an overscan strip.

    The level is the clipped mean of each row, smoothed by a running mean of `OVERSCAN_ROWS`. The
    read noise is the RMS difference of adjacent pixels / sqrt(2), which no drift of the level
    can enlarge.

    Parameters
    ----------
    strip : ndarray, shape (rows, columns), adu
    first_row, n_rows : int
        First row of the strip in the frame, and rows of the frame; rows outside the strip get
        the level of the nearest row.
    """
    values = strip.astype(float)
    deviation = values - np.nanmedian(values, axis=1, keepdims=True)
    limit = CLIP_SIGMA * max(MAD_TO_SIGMA * float(np.nanmedian(np.abs(deviation))), 1.0)
    good = np.abs(deviation) <= limit
    clipped = np.where(good, values, np.nan)
    level = float(np.nanmedian(clipped))
    row_means = np.where(good, values, 0.0).sum(axis=1) / np.maximum(good.sum(axis=1), 1)
    row_means[~good.any(axis=1)] = level
    smooth = ndimage.uniform_filter1d(row_means, OVERSCAN_ROWS, mode="nearest")
    rows = smooth[np.clip(np.arange(n_rows) - first_row, 0, len(smooth) - 1)]
    steps = np.diff(clipped, axis=1)
    steps = steps[np.isfinite(steps)]
    enough = steps.size >= MIN_OVERSCAN_PIXELS
    return Overscan(rows, level, float(np.sqrt(np.mean(steps**2) / 2)) if enough else None)


def run_isr(raw: RawFrame, defects: BoolArray | None = None) -> Exposure:
    """Remove the instrument's signature from a raw frame.

    Parameters
    ----------
    raw : RawFrame
    defects : ndarray of bool, shape (ny, nx), optional
        Pixels of the trimmed image known to be defective.

    Returns
    -------
    Exposure
        Image in electrons; variance = max(electrons, 0) + read noise^2, where a calibrated
        frame, whose sky is gone, gets the measured noise of its background instead. Pixels that
        are no finite number become 0 and BAD.

    Raises
    ------
    FrameError
        If no pixel holds a finite number, or defects have another shape than the image.
    """
    data, info = raw.data, raw.info
    saturated = data >= (np.inf if info.saturation is None else info.saturation)
    if raw.bias is not None:
        data, info = _subtract_overscan(raw)
    if raw.trim is not None:
        data, saturated = data[raw.trim], saturated[raw.trim]
    bad = ~np.isfinite(data)
    if bad.all():
        raise FrameError(f"{info.name}: no pixel holds a finite number; this frame is empty.")
    if defects is not None:
        if defects.shape != bad.shape:
            raise FrameError(
                f"{info.name}: the defect mask has shape {defects.shape}, the trimmed image "
                f"{bad.shape}; use the mask of this detector."
            )
        bad = bad | defects
    image = np.where(bad, np.float32(0), data * np.float32(info.gain)).astype(np.float32)
    if info.calibrated:
        variance = _measured_variance(image, ~bad)
    else:
        variance = np.maximum(image, 0) + np.float32((info.read_noise or 0.0) ** 2)
    mask = _mask(bad, saturated)
    return Exposure(image=image, mask=mask, variance=variance, info=info, wcs=raw.wcs)


def _subtract_overscan(raw: RawFrame) -> tuple[Image, FrameInfo]:
    """Bias-free pixels [adu], and the info with the measured level and read noise."""
    assert raw.bias is not None
    strip = raw.data[raw.bias]
    if not np.isfinite(strip).any():
        raise FrameError(f"{raw.info.name}: the overscan holds no finite number; check BIASSEC.")
    overscan = measure_overscan(strip, raw.bias[0].start, raw.data.shape[0])
    read_noise = raw.info.read_noise
    if overscan.read_noise is not None:
        read_noise = overscan.read_noise * raw.info.gain
    info = replace(raw.info, overscan=overscan.level, read_noise=read_noise)
    return raw.data - overscan.rows[:, np.newaxis].astype(np.float32), info


def _measured_variance(image: Image, good: BoolArray) -> Image:
    """Variance of the blank sky, by median absolute deviation, plus the photons of the sources."""
    sky = np.median(image[good])
    noise = MAD_TO_SIGMA * np.median(np.abs(image[good] - sky))
    return np.asarray(noise**2 + np.maximum(image - sky, 0), np.float32)


def _mask(bad: BoolArray, saturated: BoolArray) -> MaskImage:
    edge = np.ones(bad.shape, bool)
    edge[1:-1, 1:-1] = False
    beside = ndimage.binary_dilation(saturated, np.ones((3, 3), bool)) & ~saturated
    mask = np.zeros(bad.shape, np.int32)
    for where, plane in (
        (bad, MaskPlane.BAD),
        (saturated, MaskPlane.SATURATED),
        (edge, MaskPlane.EDGE),
        (beside, MaskPlane.SUSPECT),
    ):
        mask[where] |= plane
    return mask
