"""The PSF model of one detector: an elliptical Moffat profile, integrated over each pixel."""

from dataclasses import dataclass

import numpy as np

from skytract.pipelines.exposure import Floats

WELL_SAMPLED = 4.0
"""From this width [pixel] on, two Gauss-Legendre nodes per pixel and axis integrate the PSF to
2e-4 of its peak; below it three do."""
FWHM_RANGE = (1.3, 20.0)
"""Narrower stars no camera resolves, wider ones are no stars [pixel]."""
KOLMOGOROV_BETA = 4.765
"""Moffat exponent closest to atmospheric turbulence (Trujillo et al. 2001, MNRAS 328, 977)."""
FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True)
class MoffatPsf:
    """p(r) proportional to (1 + r^T C^-1 r)^-beta, unit sum within its stamp.

    Attributes
    ----------
    cxx, cyy, cxy : float, pixel^2
        Core matrix C; for a circular PSF cxx = alpha^2 with FWHM = 2 alpha sqrt(2^(1/beta) - 1).
    beta : float
        Exponent of the wings, > 1.
    half : int, pixel
        The stamp has 2 half + 1 pixels on a side.
    """

    cxx: float
    cyy: float
    cxy: float
    beta: float
    half: int

    @classmethod
    def from_fwhm(cls, fwhm: float, beta: float = KOLMOGOROV_BETA) -> "MoffatPsf":
        """Make a circular PSF of given full width at half maximum [pixel].

        Examples
        --------
        >>> round(MoffatPsf.from_fwhm(4.0).fwhm, 12)
        4.0
        """
        alpha2 = (0.5 * fwhm) ** 2 / (2.0 ** (1.0 / beta) - 1.0)
        return cls(alpha2, alpha2, 0.0, beta, stamp_half(fwhm))

    @property
    def fwhm(self) -> float:
        """Full width at half maximum, geometric mean of the axes [pixel]."""
        alpha2 = np.sqrt(self.cxx * self.cyy - self.cxy**2)
        return float(2.0 * np.sqrt(alpha2 * (2.0 ** (1.0 / self.beta) - 1.0)))

    def stamps(self, fx: Floats, fy: Floats) -> Floats:
        """Evaluate the PSF centred off the middle of its stamp.

        Parameters
        ----------
        fx, fy : ndarray, shape (n,), pixel
            Centre relative to the middle pixel.

        Returns
        -------
        ndarray, shape (n, 2 half + 1, 2 half + 1)
            Unit sum each.
        """
        grid = np.arange(-self.half, self.half + 1.0)
        offsets, weights = np.polynomial.legendre.leggauss(2 if self.fwhm >= WELL_SAMPLED else 3)
        nodes = (grid[:, np.newaxis] + 0.5 * offsets).ravel()
        dx = nodes[np.newaxis, :] - np.asarray(fx, float)[:, np.newaxis]
        dy = nodes[np.newaxis, :] - np.asarray(fy, float)[:, np.newaxis]
        determinant = self.cxx * self.cyy - self.cxy**2
        radius2 = (
            (self.cxx * dy**2)[:, :, np.newaxis]
            + (self.cyy * dx**2)[:, np.newaxis, :]
            - 2.0 * self.cxy * dy[:, :, np.newaxis] * dx[:, np.newaxis, :]
        ) / determinant
        fine = np.exp(-self.beta * np.log1p(radius2))
        sums = np.kron(np.eye(len(grid)), 0.5 * weights)
        pixels = sums @ fine @ sums.T
        return np.asarray(pixels / pixels.sum(axis=(1, 2), keepdims=True))

    def kernel(self) -> Floats:
        """Return the PSF centred on a pixel, shape (2 half + 1, 2 half + 1)."""
        return np.asarray(self.stamps(np.zeros(1), np.zeros(1))[0])

    @property
    def sigma(self) -> float:
        """Width of the Gaussian with this effective area, 4 pi sigma^2 [pixel]."""
        return float(np.sqrt(self.area() / (4.0 * np.pi)))

    def area(self) -> float:
        """Effective area 1 / sum(p^2) of the centred PSF [pixel^2]."""
        return float(1.0 / np.sum(self.kernel() ** 2))


def sane_fwhm(fwhm: float) -> float:
    """Return the nearest width [pixel] a PSF of a camera that samples the sky can have."""
    return float(np.clip(fwhm, *FWHM_RANGE))


def stamp_half(fwhm: float) -> int:
    """Half the side of stamps that hold a point source of that width [pixel]."""
    return int(np.clip(np.ceil(2.5 * fwhm), 7, 30))
