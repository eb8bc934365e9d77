"""An exposure on its way from raw frame to calibrated image: pixels, mask, variance and models.

Every pixel stage takes an `Exposure` and returns a new one. Mask planes are only ever added, and
every background that was subtracted stays in the list `backgrounds`, so that it can be added back.
"""

from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from skytract.pipelines.fit_aperture_correction import ApertureCorrection
    from skytract.pipelines.psf import MoffatPsf

Image = npt.NDArray[np.float32]
"""Pixels, shape (ny, nx); the pixel [y, x] is centred at x, y (zero-based)."""
MaskImage = npt.NDArray[np.int32]
"""Mask planes of each pixel, shape (ny, nx): a sum of `MaskPlane` bits."""
BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
"""Any float64 array; the docstrings say the shape."""
Columns = dict[str, npt.NDArray[Any]]
"""Catalog columns by DPDD name, all of the same length."""


class MaskPlane(IntFlag):
    """What is known to be wrong with a pixel; the bits are stored in FITS files."""

    BAD = 1
    """Defective, or not a finite number in the raw frame."""
    SATURATED = 2
    """At or above the saturation level of the raw frame."""
    CR = 4
    """Hit by a cosmic ray."""
    INTERPOLATED = 8
    """Its value was made up from its neighbours."""
    EDGE = 16
    """On the outermost ring of the detector."""
    SUSPECT = 32
    """Next to a saturated pixel: charge may have spilled over."""


UNUSABLE = MaskPlane.BAD | MaskPlane.SATURATED | MaskPlane.CR
"""Planes whose pixels carry no information about the sky."""


@dataclass(frozen=True)
class FrameInfo:
    """What the header says about a frame, in the units of the catalogs.

    Angles are degrees (ICRS), times MJD TAI at mid-exposure and seconds, `gain` electron/adu,
    `read_noise` electron, `saturation` adu, `overscan` adu, `seeing` and `pixel_scale` arcsec,
    `pressure` mbar, `pwv` mm, `ozone` Dobson units. None means that the header does not say.
    `calibrated` is True if bias, sky and cosmic rays are gone before the pipeline sees the frame.
    """

    name: str
    visit: int
    detector: int
    band: str
    mjd: float
    exp_time: float
    ra: float
    dec: float
    gain: float = 1.0
    read_noise: float | None = None
    saturation: float | None = None
    overscan: float | None = None
    physical_filter: str | None = None
    airmass: float | None = None
    sky_rotation: float | None = None
    zenith_distance: float | None = None
    parallactic_angle: float | None = None
    seeing: float | None = None
    pixel_scale: float | None = None
    pressure: float | None = None
    pwv: float | None = None
    ozone: float | None = None
    aerosol: float | None = None
    calibrated: bool = False


@dataclass(frozen=True)
class BackgroundModel:
    """A background that was subtracted from an image.

    Attributes
    ----------
    level, rms : ndarray, shape (ny, nx), electron
        Background and the noise around it.
    mesh : int, pixel
        Size of the cells it was measured in.
    """

    level: Image
    rms: Image
    mesh: int


@dataclass(frozen=True)
class Exposure:
    """Image, mask and variance of one detector, with everything measured about it so far.

    Attributes
    ----------
    image : ndarray, shape (ny, nx), electron
    mask : ndarray, shape (ny, nx), bits of `MaskPlane`
    variance : ndarray, shape (ny, nx), electron^2
    info : FrameInfo
    wcs : astropy.wcs.WCS
        Celestial coordinates of the trimmed image, ICRS.
    backgrounds : tuple of BackgroundModel
        What was subtracted, in order.
    """

    image: Image
    mask: MaskImage
    variance: Image
    info: FrameInfo
    wcs: Any
    backgrounds: tuple[BackgroundModel, ...] = ()
    psf: "MoffatPsf | None" = None
    aperture_correction: "ApertureCorrection | None" = field(default=None)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx)."""
        return self.image.shape[0], self.image.shape[1]

    def flagged(self, planes: MaskPlane) -> BoolArray:
        """Return where any of the planes is set, shape (ny, nx)."""
        return np.asarray((self.mask & int(planes)) != 0)

    def with_mask(self, where: BoolArray, planes: MaskPlane) -> "Exposure":
        """Return the exposure with planes added where asked; nothing is ever cleared."""
        return replace(self, mask=self.mask | np.where(where, np.int32(planes), np.int32(0)))

    def background_level(self) -> Image:
        """Sum of all subtracted backgrounds, shape (ny, nx), electron."""
        total = np.zeros(self.shape, np.float32)
        for background in self.backgrounds:
            total += background.level
        return total
