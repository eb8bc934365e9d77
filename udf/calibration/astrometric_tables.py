"""What the joint astrometric fit takes and gives: detections, images, visits, stars, solution."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.joint_astrometry import Fit
from skytract.udf.calibration.tan_sip import TanSip

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

DETECTION = np.dtype(
    [("star", "i4"), ("image", "i4"), ("x", "f8"), ("y", "f8"), ("err", "f4"), ("lift", "f4")]
)
"""A detection: numbers of its star and image; pixel, error per axis [px]; refraction by the star's
spectrum against that of the WCS, toward the zenith [mas per tangent of the zenith distance]."""

IMAGE = np.dtype([(name, "i8") for name in ("visit", "detector", "nx", "ny", "band")])
"""An image: numbers of its visit and detector, columns and rows, number of its band."""

VISIT = np.dtype(
    [("ra", "f8"), ("dec", "f8"), ("mjd", "f8"), ("zx", "f8"), ("zy", "f8"), ("zz", "f8")]
)
"""A visit: boresight [deg], time [MJD TAI], unit vector to the zenith (ICRS)."""

STAR = np.dtype(
    [(name, "f8") for name in ("ra", "dec", "epoch", "err", "pmRa", "pmDec", "pmErr")]
    + [("parallax", "f8"), ("parallaxErr", "f8"), ("fitted", "?"), ("anchor", "?")]
)
"""A star: place [deg], and if it is an anchor (a reference star) its epoch [MJD TAI], errors [mas],
proper motion [mas/yr] and parallax [mas], NaN where unknown; whether it takes part in the fit."""


class Solution(NamedTuple):
    """World coordinates of the m images, and the S stars."""

    wcs: TanSip
    tied: Booleans
    """Whether reference stars tie the image to the sky; else its WCS says nothing, shape (m,)."""
    component: Integers
    """Which images hang together, numbered by their first visit, shape (m,)."""
    n_star: Integers
    """Detections that were fitted, shape (m,)."""
    rms: Floats
    """Of their residuals, per axis [mas], shape (m,)."""
    epoch: float
    """Epoch of the stars [MJD TAI]."""
    stars: Floats
    """ra, dec [deg], pmRa, pmDec [mas/yr], parallax [mas]; shape (S, 5), NaN if not determined."""
    covariance: Floats
    """Of east, motion east, north, motion north [mas, yr] and parallax, shape (S, 5, 5)."""
    fit: Fit
    repeatability: Floats
    """Of stars that took no part in the fit, for each band: `repeatability`, shape (bands, 4)."""
