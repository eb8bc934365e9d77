"""Where detections of a joint astrometric fit lie from their stars, and what is known of these."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.earth_position import earth_position
from skytract.udf.calibration.astrometric_outliers import UNKNOWN
from skytract.udf.calibration.image_displacements import sizes
from skytract.udf.calibration.image_polynomials import ImagePolynomials
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.side_by_side import side_by_side
from skytract.udf.calibration.star_motions import StarMotions
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import MAS, project

Floats = NDArray[np.float64]

CHUNK = 1 << 15
"""Detections whose intermediate columns are held at a time."""

DAYS = 365.25
"""Days of a Julian year."""


class StarPlaces:
    """Detections about their stars, by the world coordinates that the fit starts from.

    Parameters
    ----------
    rows
        Detections: `DETECTION`.
    chosen
        Those that are fitted, `by_image`, shape (n,).
    wcs, images, visits, stars
        As `solve_astrometry` takes them.
    order
        Order of the polynomials over an image.
    epoch
        Of the stars' places [MJD TAI].
    """

    def __init__(
        self, rows: NDArray[Any], chosen: NDArray[np.integer], wcs: TanSip, images: NDArray[Any],
        visits: NDArray[Any], stars: NDArray[Any], order: int, epoch: float,
    ) -> None:  # fmt: skip
        n, self.epoch = len(chosen), epoch
        self.image = rows["image"][chosen]
        self.offset, self.error = np.empty((2, n), np.float32), np.empty(n, np.float32)
        years, east, north = np.empty((3, n), np.float32)
        to_sky, (u, v) = np.empty((2, 2, n), np.float32), np.empty((2, n), np.float32)
        earth = np.array(earth_position(visits["mjd"]), float)

        def work(part: slice) -> None:
            own = rows[chosen[part]]
            image, star, x, y, err, lift = (
                np.ascontiguousarray(own[name])
                for name in ("image", "star", "x", "y", "err", "lift")
            )
            (ra, dec), slope = positions(wcs, image, x, y)
            slope *= MAS
            visit, (columns, lines) = images["visit"][image], sizes(images[image]).T
            here = np.radians([stars["ra"][star], stars["dec"][star]])
            u[part], v[part] = (2.0 * x + 1.0) / columns - 1.0, (2.0 * y + 1.0) / lines - 1.0
            offset = MAS * project(ra, dec, *np.degrees(here))
            if lift.any():
                offset -= lift * _toward_zenith(ra, dec, visits[visit])
            self.offset[:, part] = offset
            (ex, ey), (nx, ny) = slope
            self.error[part] = err * np.sqrt(np.abs(ex * ny - ey * nx))
            to_sky[:, :, part] = slope
            years[part] = (visits["mjd"][visit] - self.epoch) / DAYS
            east[part], north[part] = _parallax_factors(*here, *earth[:, visit])

        side_by_side(work, [slice(start, start + CHUNK) for start in range(0, n, CHUNK)])
        self.polynomials = ImagePolynomials(order, len(images), self.image, u, v, to_sky)
        information, known, self.anchor_error = self._known(stars)
        star = rows["star"][chosen].astype(np.int32, copy=False)
        self.motions = StarMotions(star, years, east, north, information, known)

    def _known(self, stars: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Return what the catalog says at the epoch of the fit: see `StarMotions`.

        The place at the catalog's epoch has the error e, the motion p: of the place after t years
        less t times the motion, and of the motion.
        """
        anchor = stars["anchor"]
        later = np.where(anchor, (self.epoch - stars["epoch"]) / DAYS, 0.0)
        pm_ra, pm_dec, parallax = (
            np.where(anchor, stars[name], np.nan) for name in ("pmRa", "pmDec", "parallax")
        )
        place, motion, parallax_error = (
            np.where(anchor & np.isfinite(value) & (stars[name] > 0.0), stars[name], unknown)
            for name, value, unknown in zip(
                ("err", "pmErr", "parallaxErr"),
                (later, pm_ra + pm_dec, parallax),
                UNKNOWN[[0, 1, 4]],
                strict=True,
            )
        )
        axis = place**-2.0, -later * place**-2.0, motion**-2.0 + (later / place) ** 2
        information = np.stack([*axis, parallax_error**-2.0])
        known = np.zeros((5, len(stars)))
        known[1], known[3] = np.nan_to_num(pm_ra), np.nan_to_num(pm_dec)
        known[1::2] *= motion**-2.0
        known[4] = np.nan_to_num(parallax) * parallax_error**-2.0
        return information, known, np.where(anchor, np.hypot(place, later * motion), np.nan)


def _toward_zenith(ra: Floats, dec: Floats, visit: NDArray[Any]) -> Floats:
    """Return the vector to the zenith, to the east and north, as long as tan z, shape (2, n)."""
    lon, lat = np.radians(ra), np.radians(dec)
    zx, zy, zz = visit["zx"], visit["zy"], visit["zz"]
    inward = zx * np.cos(lon) + zy * np.sin(lon)
    east, depth = zy * np.cos(lon) - zx * np.sin(lon), inward * np.cos(lat) + zz * np.sin(lat)
    north = zz * np.cos(lat) - inward * np.sin(lat)
    return np.asarray(np.stack([east, north]) / depth)


def _parallax_factors(
    lon: Floats, lat: Floats, x: Floats, y: Floats, z: Floats
) -> tuple[Floats, Floats]:
    """Return the displacement to the east and north per parallax, the Earth being at x, y, z."""
    inward = x * np.cos(lon) + y * np.sin(lon)
    return x * np.sin(lon) - y * np.cos(lon), inward * np.sin(lat) - z * np.cos(lat)
