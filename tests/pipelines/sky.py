"""Images with known truth for tests: analytic Gaussians and sampled Moffats, not the pipeline's.

Circular Gaussians are integrated over pixels by error functions; everything else by Gauss-Legendre
quadrature with 6 x 6 points per pixel, exact to order 11.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from skytract.pipelines.celestial import tangent_wcs
from skytract.pipelines.exposure import BackgroundModel, Exposure, FrameInfo

Floats = npt.NDArray[np.float64]
FINE = 6


def gaussian_stamp(fx: float, fy: float, sigma: float, half: int) -> Floats:
    """Unit-sum circular Gaussian at (fx, fy) from the middle pixel, integrated exactly."""
    edges = np.arange(-half - 0.5, half + 1.0)

    def along(center: float) -> Floats:
        return np.diff(0.5 * (1 + erf((edges - center) / (sigma * np.sqrt(2)))))

    return along(fy)[:, np.newaxis] * along(fx)


def sampled(profile: Any, fx: float, fy: float, half: int) -> Floats:
    """Integral of profile(dx, dy) over each pixel of a stamp."""
    nodes, weights = np.polynomial.legendre.leggauss(FINE)
    grid = (np.arange(-half, half + 1.0)[:, np.newaxis] + nodes / 2).ravel()
    values = profile(grid[np.newaxis, :] - fx, grid[:, np.newaxis] - fy)
    size = 2 * half + 1
    by_pixel = values.reshape(size, FINE, size, FINE)
    return np.asarray(np.tensordot(by_pixel @ (weights / 2), weights / 2, axes=(1, 0)))


def moffat(fwhm: float, beta: float, e1: float = 0.0, e2: float = 0.0) -> Any:
    """Unit-integral elliptical Moffat profile; e1, e2 shear the core matrix."""
    norm = np.sqrt(1 - e1**2 - e2**2)
    alpha2 = fwhm**2 / 4 / (2 ** (1 / beta) - 1)
    inverse = np.linalg.inv(alpha2 / norm * np.array([[1 + e1, e2], [e2, 1 - e1]]))

    def profile(dx: Floats, dy: Floats) -> Floats:
        r2 = inverse[0, 0] * dx**2 + inverse[1, 1] * dy**2 + 2 * inverse[0, 1] * dx * dy
        return (beta - 1) / (np.pi * alpha2) * (1 + r2) ** -beta

    return profile


def elliptical(cxx: float, cyy: float, cxy: float) -> Any:
    """Unit-integral Gaussian of that covariance."""
    inverse = np.linalg.inv([[cxx, cxy], [cxy, cyy]])
    peak = np.sqrt(np.linalg.det(inverse)) / (2 * np.pi)

    def profile(dx: Floats, dy: Floats) -> Floats:
        r2 = inverse[0, 0] * dx**2 + inverse[1, 1] * dy**2 + 2 * inverse[0, 1] * dx * dy
        return peak * np.exp(-0.5 * r2)

    return profile


def add(image: Floats, stamp: Floats, column: int, row: int) -> None:
    """Add a stamp centred on a pixel; what reaches beyond the image is lost."""
    half = stamp.shape[0] // 2
    ny, nx = image.shape
    y0, y1 = max(row - half, 0), min(row + half + 1, ny)
    x0, x1 = max(column - half, 0), min(column + half + 1, nx)
    image[y0:y1, x0:x1] += stamp[
        y0 - row + half : y1 - row + half, x0 - column + half : x1 - column + half
    ]


def add_gaussians(
    image: Floats, x: Floats, y: Floats, flux: Floats, sigma: float, half: int = 0
) -> None:
    """Add Gaussian stars in place."""
    half = half or int(np.ceil(8 * sigma))
    for xi, yi, fi in zip(x, y, flux, strict=True):
        column, row = round(float(xi)), round(float(yi))
        add(image, fi * gaussian_stamp(xi - column, yi - row, sigma, half), column, row)


def add_profiles(
    image: Floats, x: Floats, y: Floats, flux: Floats, profile: Any, half: int
) -> None:
    """Add sampled profiles in place."""
    for xi, yi, fi in zip(x, y, flux, strict=True):
        column, row = round(float(xi)), round(float(yi))
        add(image, fi * sampled(profile, xi - column, yi - row, half), column, row)


def grid_positions(
    n: int, spacing: int, rng: np.random.Generator
) -> tuple[Floats, Floats, tuple[int, int]]:
    """n x n positions, one in each cell, at random within its middle pixel; and the shape."""
    centers = spacing // 2 + spacing * np.arange(n)
    x, y = (c.ravel().astype(float) for c in np.meshgrid(centers, centers))
    x += rng.uniform(-0.5, 0.5, x.size)
    y += rng.uniform(-0.5, 0.5, y.size)
    return x, y, (n * spacing, n * spacing)


def frame_info(**changes: Any) -> FrameInfo:
    """Describe an invented frame."""
    values: dict[str, Any] = {
        "name": "test",
        "visit": 7,
        "detector": 3,
        "band": "r",
        "mjd": 60000.0,
        "exp_time": 30.0,
        "ra": 150.0,
        "dec": -2.0,
    }
    return FrameInfo(**(values | changes))


def make_exposure(
    image: Floats, variance: Floats | float = 1.0, noise: float | None = None, **info: Any
) -> Exposure:
    """Exposure of a background-subtracted image; `noise` makes a flat background model."""
    backgrounds = ()
    if noise is not None:
        flat = np.full(image.shape, noise, np.float32)
        backgrounds = (BackgroundModel(np.zeros_like(flat), flat, 64),)
    return Exposure(
        image=image.astype(np.float32),
        mask=np.zeros(image.shape, np.int32),
        variance=np.broadcast_to(np.asarray(variance, np.float32), image.shape).copy(),
        info=frame_info(**info),
        wcs=tangent_wcs(150.0, -2.0, 0.2, (image.shape[0], image.shape[1])),
        backgrounds=backgrounds,
    )


def robust_std(values: Floats) -> float:
    """Standard deviation from the central 68 %."""
    low, high = np.quantile(values, [0.1587, 0.8413])
    return float(0.5 * (high - low))
