"""DetectSources and DeblendSources: footprints above a threshold, split into peaks (LDM-151 8.4).

The image is convolved with a Gaussian of the PSF's effective area, which loses at most 2 % against
the matched filter, so that the threshold is the signal-to-noise ratio of a point source. Each
footprint is split where its own saddles are deep enough (the multi-threshold tree of Bertin &
Arnouts 1996, A&AS 117, 393).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sep
from scipy import ndimage

from skytract.pipelines.exposure import UNUSABLE, BoolArray, Exposure, Floats, Image
from skytract.pipelines.frame_error import FrameError

MIN_PIXEL_STACK = 100_000
STACK_SHARE = 3
"""If more than a third of the pixels lies above the threshold, the frame shows no sky."""
MAX_CHILDREN = 8192
"""Peaks a single footprint may be split into."""


@dataclass(frozen=True)
class DetectionSettings:
    """How faint, how small, how blended.

    Attributes
    ----------
    threshold : float
        Signal-to-noise ratio of a point source.
    min_area : int, pixel
        Pixels above the threshold.
    deblend_levels : int
        Levels of the deblending tree.
    deblend_contrast : float
        Share of a footprint's flux a branch must have to become a source. At the resolution of
        the PSF, smaller branches are mostly the noise of faint galaxies.
    growth : float
        Footprints are grown by so many PSF sigmas, into the wings below the threshold.
    """

    threshold: float = 5.0
    min_area: int = 1
    deblend_levels: int = 32
    deblend_contrast: float = 0.01
    growth: float = 2.4


@dataclass(frozen=True)
class Detections:
    """Peaks and their pixels.

    Attributes
    ----------
    x, y : ndarray, shape (n,), pixel
        Barycentre of the light above the threshold.
    peak_x, peak_y : ndarray of int, shape (n,)
        Brightest pixel of the convolved image.
    a, b, theta : ndarray, shape (n,), pixel and rad
        Ellipse of the second moments above the threshold: semi-axes, and the angle of the
        major axis from the x axis.
    area : ndarray of int, shape (n,)
        Pixels above the threshold.
    truncated : ndarray of bool, shape (n,)
        Whether the footprint is cut by the border of the image.
    segmentation : ndarray of int32, shape (ny, nx)
        0, or 1 + the row of the source that owns the pixel; footprints are grown.
    """

    x: Floats
    y: Floats
    peak_x: npt.NDArray[np.int64]
    peak_y: npt.NDArray[np.int64]
    a: Floats
    b: Floats
    theta: Floats
    area: npt.NDArray[np.int32]
    truncated: BoolArray
    segmentation: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.x)

    @property
    def ids(self) -> npt.NDArray[np.int32]:
        """Value of each source in the segmentation, shape (n,)."""
        return np.arange(1, len(self) + 1, dtype=np.int32)


def detect_sources(
    exposure: Exposure, sigma: float, settings: DetectionSettings | None = None
) -> Detections:
    """Find point sources above a signal-to-noise ratio in a background-subtracted exposure.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted; the noise is that of its last background model.
    sigma : float, pixel
        Effective width of the PSF: its effective area is 4 pi sigma^2.
    settings : DetectionSettings

    Raises
    ------
    FrameError
        If so many pixels are above the threshold that this cannot be a frame of the sky.
    """
    settings = settings or DetectionSettings()
    image = np.where(_empty(exposure), np.float32(0), exposure.image)
    filtered = ndimage.gaussian_filter(image, sigma, mode="constant")
    sep.set_extract_pixstack(max(MIN_PIXEL_STACK, image.size // STACK_SHARE))
    sep.set_sub_object_limit(MAX_CHILDREN)
    try:
        table, segmentation = sep.extract(
            filtered,
            settings.threshold * _noise_left(sigma),
            err=np.maximum(exposure.backgrounds[-1].rms, np.finfo(np.float32).tiny),
            minarea=settings.min_area,
            filter_kernel=None,
            deblend_nthresh=settings.deblend_levels,
            deblend_cont=settings.deblend_contrast,
            segmentation_map=True,
        )
    except Exception as error:
        raise FrameError(
            f"{exposure.info.name}: detection gave up ({error}). Too much of the image lies above "
            f"{settings.threshold} sigma: look at the frame, or raise --threshold."
        ) from error
    above = np.asarray(segmentation, np.int32)
    x, y, a, b, theta = _ellipses(image, above, len(table))
    return Detections(
        x=x,
        y=y,
        peak_x=table["xpeak"].astype(np.int64),
        peak_y=table["ypeak"].astype(np.int64),
        a=a,
        b=b,
        theta=theta,
        area=np.bincount(above.ravel(), minlength=len(table) + 1)[1:].astype(np.int32),
        truncated=(table["flag"] & sep.OBJ_TRUNC) != 0,
        segmentation=_grown(above, settings.growth * sigma),
    )


def _empty(exposure: Exposure) -> BoolArray:
    """Pixels that hold no value: unusable and not interpolated."""
    return np.asarray(exposure.flagged(UNUSABLE) & (exposure.image == 0))


def _noise_left(sigma: float) -> float:
    """Factor by which the filter lowers white noise: sqrt(sum(k^2)) of its 2-D kernel."""
    impulse = np.zeros(2 * int(np.ceil(5 * sigma)) + 3)
    impulse[len(impulse) // 2] = 1.0
    return float(np.sum(ndimage.gaussian_filter1d(impulse, sigma) ** 2))


def _grown(segmentation: npt.NDArray[np.int32], radius: float) -> npt.NDArray[np.int32]:
    """Grow footprints into free pixels, by crosses and squares in turn, which make octagons.

    Where two footprints meet, the pixel goes to the later source.
    """
    grown = segmentation.copy()
    for step in range(round(radius)):
        across = _spread(grown, 1)
        down = _spread(grown if step % 2 == 0 else across, 0)
        free = grown == 0
        np.maximum(across, down, out=grown, where=free)
    return grown


def _spread(labels: npt.NDArray[np.int32], axis: int) -> npt.NDArray[np.int32]:
    """Largest label of each pixel and its two neighbours along an axis."""
    result = np.moveaxis(labels.copy(), axis, 0)
    source = np.moveaxis(labels, axis, 0)
    np.maximum(result[1:], source[:-1], out=result[1:])
    np.maximum(result[:-1], source[1:], out=result[:-1])
    return np.moveaxis(result, 0, axis)


def _ellipses(
    image: Image, segmentation: npt.NDArray[np.int32], n: int
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Barycentre, semi-axes and angle of the positive light in each footprint, each (n,).

    Every footprint is at least as wide as a pixel: 1/12 is added to both moments.
    """
    rows, columns = np.nonzero(segmentation)
    owner = segmentation[rows, columns]
    light = np.maximum(image[rows, columns].astype(float), 1e-6)

    def total(values: npt.NDArray[Any]) -> Floats:
        return np.bincount(owner, values * light, n + 1)[1:] / flux

    flux = np.bincount(owner, light, n + 1)[1:]
    x, y = total(columns), total(rows)
    dx, dy = columns - x[owner - 1], rows - y[owner - 1]
    xx, yy, xy = total(dx**2) + 1 / 12, total(dy**2) + 1 / 12, total(dx * dy)
    middle, spread = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    a, b = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 1 / 12))
    return x, y, a, b, 0.5 * np.arctan2(2.0 * xy, xx - yy)
