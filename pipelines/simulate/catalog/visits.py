"""Visits: when and where each looks, in which band, through which air; one row per visit."""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.cadence import read_baseline
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.schedule import schedule
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.observing import SKY_BRIGHTNESS, WAVELENGTH
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.sites import (
    moon_direction,
    sun_direction,
    tangent_axes,
    zenith,
)

EXPOSURE = 30.0
"""Exposure time [s]."""

PRESSURE, AEROSOL_EXPONENT = 778.0, 1.0
"""Mean pressure of the site [mbar]; exponent of the aerosols' depth in wavelength."""

MOONLIGHT = dict(zip(BANDS, [2.5, 2.2, 1.5, 0.9, 0.4, 0.1], strict=True))
"""Brightening of the sky [mag] by a full moon at the zenith (rounded from Krisciunas & Schaefer
1991 and the LSST sky model of Yoachim et al. 2016)."""

INSTRUMENT_FWHM = 0.4
"""Part of optics and sensors in the width of the PSF [arcsec] (LSST SRD)."""

VISIT = np.dtype(
    [
        ("visit", "i8"),
        ("band", "i1"),  # index into ugrizy
        ("ra", "f8"),  # deg, boresight, ICRS
        ("dec", "f8"),
        ("skyRotation", "f8"),  # deg
        ("expMidptMJD", "f8"),  # MJD TAI
        ("expTime", "f8"),  # s
        ("airmass", "f8"),
        ("zenithDistance", "f8"),  # deg
        ("parallacticAngle", "f8"),  # deg
        ("seeing", "f8"),  # arcsec, FWHM
        ("pressure", "f4"),  # mbar
        ("pwv", "f4"),  # mm
        ("ozone", "f4"),  # DU
        ("aerosol", "f4"),  # optical depth at 775 nm
        ("skyMag", "f8"),  # AB mag/arcsec^2
        ("clouds", "f8"),  # mag
        ("isBad", "?"),
    ]
)


def plan_visits(plan: CatalogPlan) -> NDArray[np.void]:
    """Return all visits of a survey, a table of `VISIT`, in order of time.

    Visits of the simple cadence do not depend on how many there are.
    """
    pointings = read_baseline(plan) if plan.cadence == "baseline" else schedule(plan)
    visits = np.zeros(len(pointings), VISIT)
    for name in pointings.dtype.names or ():
        visits[name] = pointings[name]
    visits["expTime"] = EXPOSURE
    _set_geometry(visits)
    _set_weather(visits, plan)
    return visits


def _set_geometry(visits: NDArray[np.void]) -> None:
    """Set airmass, zenith distance and parallactic angle from times and positions, in place."""
    up = zenith(visits["expMidptMJD"])
    axes = np.stack([tangent_axes(v["ra"], v["dec"]) for v in visits])
    east, north, cosine = np.einsum("nij,nj->in", axes, up)
    visits["zenithDistance"] = np.degrees(np.arctan2(np.hypot(east, north), cosine))
    visits["parallacticAngle"] = np.degrees(np.arctan2(east, north))
    visits["airmass"] = 1.0 / cosine


def _set_weather(visits: NDArray[np.void], plan: CatalogPlan) -> None:
    """Draw atmosphere, seeing, sky and clouds, in place.

    Water, ozone and aerosols are log-normal about the means of Cerro Pachon; the seeing follows
    Kolmogorov, FWHM ~ X^0.6 l^-0.2, with the instrument added in quadrature. Where the cadence
    states a seeing, that is kept.
    """
    z = np.stack(
        [
            generator(plan.seed, Stream.CATALOG_WEATHER, int(v)).normal(size=8)
            for v in visits["visit"]
        ]
    )
    uniform = np.array(
        [generator(plan.seed, Stream.CATALOG_WEATHER, int(v), 1).random(2) for v in visits["visit"]]
    )
    wavelength, dark, moon = (
        np.array([table[band] for band in BANDS])[visits["band"]]
        for table in (WAVELENGTH, SKY_BRIGHTNESS, MOONLIGHT)
    )
    visits["isBad"] = uniform[:, 0] < plan.badVisits
    visits["pressure"] = PRESSURE + 3.0 * z[:, 0]
    visits["pwv"] = np.clip(3.0 * np.exp(0.5 * z[:, 1]), 0.3, 15.0)
    visits["ozone"] = np.clip(263.0 + 15.0 * z[:, 2], 200.0, 350.0)
    visits["aerosol"] = np.clip(0.03 * np.exp(0.5 * z[:, 3]), 0.005, 0.3)
    free = np.clip(0.62 * np.exp(0.2 * z[:, 4]), 0.35, 1.5) * (wavelength / 500.0) ** -0.2
    seeing = np.hypot(free * visits["airmass"] ** 0.6, INSTRUMENT_FWHM)
    seeing = np.where(visits["seeing"] > 0.0, visits["seeing"], seeing)
    visits["seeing"] = seeing * np.where(visits["isBad"], 1.8, 1.0)
    visits["skyMag"] = (
        dark + 0.1 * z[:, 5] - 0.3 * (visits["airmass"] - 1.0) - moon * moonlight(visits)
    )
    thin = -0.04 * np.log(uniform[:, 1])
    visits["clouds"] = np.where(visits["isBad"], 0.8 + 10.0 * thin, thin)


def moonlight(visits: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the light of the Moon at visits, 0 when it is down to 1 for a full one overhead."""
    mjd = visits["expMidptMJD"]
    moon, sun = moon_direction(mjd), sun_direction(mjd)
    height = np.clip(np.sum(moon * zenith(mjd), axis=1), 0.0, 1.0)
    lit = 0.5 * (1.0 - np.sum(moon * sun, axis=1))
    return np.asarray(lit**1.5 * np.sqrt(height))
