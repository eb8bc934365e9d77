"""One band of a patch of a coadd: measured, and in the columns of the two tables about it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.depth import Cover
from skytract.pipelines.simulate.catalog.noise import Expected, expect
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sources import RESOLVED, THRESHOLD, Columns
from skytract.pipelines.simulate.catalog.tracts import (
    beyond_patch,
    tract_of,
    tract_wcs,
)
from skytract.pipelines.simulate.objects import BANDS

ZERO_POINT = 27.0
"""AB magnitude of one count of a coadd (that of HSC's)."""

COUNTS = 10.0 ** (0.4 * (ZERO_POINT - 31.4))
"""Counts of 1 nJy."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoaddImage:
    """A coadd of one band as `noise.expect` takes it; psf (3,), variances per object (n,)."""

    psf: Floats
    variance: Floats
    photonVariance: Floats

    @property
    def psfSigma(self) -> float:  # noqa: N802
        """Return the width of the PSF, px."""
        return float(np.sqrt(self.psf[0]))

    @property
    def psfArea(self) -> float:  # noqa: N802
        """Return its noise-equivalent area, px^2."""
        return 4.0 * np.pi * float(self.psf[0])


@dataclass(frozen=True)
class Patch:
    """What is true of a patch: objects that images cover, close pairs merged; shape (n,) each.

    Attributes
    ----------
    scene
        Objects on the plane of the tract; counts and change are not used.
    flux
        Mean flux [nJy] in ugrizy, all members of a blend together, shape (n, 6).
    cover
        What covers them.
    """

    scene: Scene
    flux: Floats
    cover: Cover


@dataclass(frozen=True)
class BandMeasured:
    """One band of a patch, measured; arrays of shape (n,) over its objects, NaN if not covered."""

    band: int
    covered: NDArray[np.bool_]
    detected: NDArray[np.bool_]
    expected: Expected
    psfFlux: Floats
    apertureFlux: Floats
    modelFlux: Floats
    modelErr: Floats
    x: Floats
    y: Floats
    psf: Floats


def measure_band(patch: Patch, band: int, noise: Floats) -> BandMeasured:
    """Measure one band; noise of unit width, shape (4, n)."""
    n, covering = len(patch.scene.x), patch.cover
    rows = np.flatnonzero(covering.images[band])
    width = float(covering.psfSigma[band]) ** 2
    coadd = CoaddImage(
        np.array([width, width, 0.0]),
        COUNTS**2 / (covering.weight[band, rows] * 4.0 * np.pi * width),
        COUNTS * covering.zMean[band, rows] / covering.images[band, rows],
    )
    scene = replace(patch.scene.take(rows), counts=COUNTS * patch.flux[rows, band])
    expected, (psf, along, across, rest) = expect(scene, scene.counts, coadd), noise[:, rows]
    psf_flux = expected.psf + expected.psfErr * psf
    area = 4.0 * np.pi * np.sqrt(expected.xx * expected.yy - expected.xy**2)
    model_error = np.sqrt(coadd.photonVariance * scene.counts + area * coadd.variance)
    scale, root = np.sqrt(expected.spread), np.sqrt(expected.xx)
    slope = expected.xy / root
    values = {
        "psfFlux": psf_flux,
        "apertureFlux": expected.aperture + expected.apertureErr * rest,
        "modelFlux": scene.counts + model_error * psf,
        "modelErr": model_error,
        "x": scene.x + scale * root * along,
        "y": scene.y + scale * (slope * along + np.sqrt(expected.yy - slope**2) * across),
    }
    everywhere = Expected(**{name: _spread(n, rows, part) for name, part in vars(expected).items()})
    spread = {name: _spread(n, rows, part) for name, part in values.items()}
    detected = np.zeros(n, bool)
    detected[rows] = psf_flux >= THRESHOLD * expected.psfErr
    covered = covering.images[band] > 0
    return BandMeasured(band, covered, detected, everywhere, psf=coadd.psf, **spread)


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.generic]) -> Floats:
    """Return values at their rows of n, NaN elsewhere."""
    result = np.full(n, np.nan)
    result[rows] = values
    return result


def best_places(bands: list[BandMeasured]) -> NDArray[np.int64]:
    """Return for every object the place in the list of the band that shows it best, shape (n,)."""
    ratios = np.stack([band.psfFlux / band.expected.psfErr for band in bands])
    return np.asarray(np.argmax(np.nan_to_num(ratios, nan=-np.inf), axis=0))


def _columns(
    band: BandMeasured, at: BandMeasured, place: tuple[int, int], rows: NDArray[np.int64]
) -> Columns:
    """Return the columns that both tables have, of some objects; places and shapes are `at`'s."""
    n, expected = len(rows), at.expected.take(rows)
    ra, dec = tract_wcs(place[0]).to_sky(at.x[rows], at.y[rows])
    scale = np.sqrt(expected.spread)
    own = band.expected.take(rows)
    bounded = {
        "xErr": scale * np.sqrt(expected.xx),
        "yErr": scale * np.sqrt(expected.yy),
        "x_y_Cov": expected.spread * expected.xy,
        "ap12InstFlux": band.apertureFlux[rows],
        "ap12InstFluxErr": own.apertureErr,
        "ixx": expected.xx,
        "iyy": expected.yy,
        "ixy": expected.xy,
        "ixxPSF": np.full(n, at.psf[0]),
        "iyyPSF": np.full(n, at.psf[1]),
        "ixyPSF": np.full(n, at.psf[2]),
    }
    no = ("centroid", "psfInstFlux", "shape")
    flags = ("edge", "saturated", "bad", "cr", "interpolated", "suspect")
    return {
        "tract": np.full(n, place[0], np.int32),
        "patch": np.full(n, place[1], np.int32),
        "band": np.full(n, BANDS[band.band]),
        "ra": ra,
        "dec": dec,
        "x": at.x[rows],
        "y": at.y[rows],
        "psfInstFlux": band.psfFlux[rows],
        "psfInstFluxErr": own.psfErr,
        "zeroPoint": np.full(n, ZERO_POINT),
        **{name: values.astype(np.float32) for name, values in bounded.items()},
        **{f"{name}_flag": np.zeros(n, bool) for name in no},
        **{f"pixelFlags_{name}": np.zeros(n, bool) for name in flags},
    }


def coadd_source(
    band: BandMeasured, ids: NDArray[np.int64], place: tuple[int, int], rows: NDArray[np.int64]
) -> Columns:
    """Return the columns of raw.CoaddSource."""
    snr = band.psfFlux[rows] / band.expected.psfErr[rows]
    return {
        "coaddSourceId": 8 * ids[rows] + band.band,
        "snr": snr.astype(np.float32),
        **_columns(band, band, place, rows),
    }


def object_measurements(
    band: BandMeasured,
    bands: list[BandMeasured],
    best: NDArray[np.int64],
    ids: NDArray[np.int64],
    place: tuple[int, int],
    rows: NDArray[np.int64],
    images: NDArray[np.int32],
) -> Iterator[Columns]:
    """Yield the columns of raw.ObjectMeasurement, by the band that gave the places."""
    for number, at in enumerate(bands):
        some = rows[best[rows] == number]
        if not len(some):
            continue
        columns = _columns(band, at, place, some)
        size = at.expected.xx[some] + at.expected.yy[some]
        yield {
            "measurementId": ids[some],
            **columns,
            "cModelInstFlux": band.modelFlux[some],
            "cModelInstFluxErr": band.modelErr[some],
            "extendedness": (size > RESOLVED * (at.psf[0] + at.psf[1])).astype(np.float32),
            "inputCount": images[some],
            "isPatchInner": beyond_patch(place[1], columns["x"], columns["y"]) < 0.0,
            "isTractInner": tract_of(columns["ra"], columns["dec"]) == place[0],
            "deblend_nChild": np.zeros(len(some), np.int32),
        }
