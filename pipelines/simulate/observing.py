"""The observing model: when and where each visit looks, through which air, onto which detector."""

from dataclasses import dataclass

import numpy as np

from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.plan import START_MJD, SurveyPlan
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.sites import LATITUDE, LONGITUDE
from skytract.pipelines.simulate.wcs import TanSip, cd_matrix

WAVELENGTH = dict(zip(BANDS, [368.0, 484.0, 622.0, 755.0, 869.0, 971.0], strict=True))
"""Effective wavelengths of the bands, nm (LSST passbands, rounded)."""

ZERO_POINT = dict(zip(BANDS, [26.52, 28.51, 28.36, 28.17, 27.78, 26.82], strict=True))
"""AB magnitude that gives 1 electron/s at airmass 1 (R. L. Jones, SMTN-002)."""

EXTINCTION = dict(zip(BANDS, [0.47, 0.21, 0.13, 0.10, 0.07, 0.17], strict=True))
"""Atmospheric extinction, mag per airmass (SMTN-002)."""

SKY_BRIGHTNESS = dict(zip(BANDS, [23.05, 22.25, 21.20, 20.46, 19.61, 18.60], strict=True))
"""Dark sky at the zenith, AB mag/arcsec^2 (SMTN-002)."""

DITHER_ARCSEC, GAP_PIXELS = 12.0, 20
"""Greatest offset of a boresight from the field's centre; space between detectors."""

VISIT_SPACING = 5.0
"""Hour angle between the visits of a night, deg (20 minutes)."""

GREATEST_ZENITH_DISTANCE, GREATEST_HOUR_ANGLE = 55.0, 45.0
"""Limits of observation, deg."""


@dataclass(frozen=True)
class Visit:
    """One exposure of the camera; angles in deg, names and units as in the table Visit."""

    visit: int
    band: str
    ra: float
    dec: float
    skyRotation: float
    expMidptMJD: float
    expTime: float
    airmass: float
    zenithDistance: float
    parallacticAngle: float
    seeing: float
    skyMag: float
    extinction: float


@dataclass(frozen=True)
class Frame:
    """One detector of one visit, with everything that was true of it."""

    visit: Visit
    detector: int
    wcs: TanSip
    zeroPoint: float
    skyBg: float
    psfFwhm: float
    biasLevel: float

    @property
    def z_mean(self) -> float:
        """Return nJy per electron: flux = z_mean * counts."""
        return float(10.0 ** (0.4 * (31.4 - self.zeroPoint)))


def plan_visit(plan: SurveyPlan, number: int) -> Visit:
    """Return visit `number` (from 0); it depends neither on how many there are nor on the others.

    Night j offers one visit per band, 20 minutes apart, all near one random hour angle.
    """
    night_number, slot = divmod(number, len(plan.bands))
    band = plan.bands[slot]
    night = generator(plan.seed, Stream.NIGHT, night_number)
    day = 2 * night_number + int(night.integers(0, 2))
    limit = min(float(np.degrees(np.arccos(_cosine_at_limit(plan.dec)))), GREATEST_HOUR_ANGLE)
    last = limit - VISIT_SPACING * (len(plan.bands) - 1)
    hour_angle = night.uniform(-limit, last) + VISIT_SPACING * slot
    mjd = _meridian_passage(plan.ra, START_MJD + day) + hour_angle / 360.98565
    zenith_distance, parallactic = _horizontal(hour_angle, plan.dec)
    airmass = float(1.0 / np.cos(np.radians(zenith_distance)))

    rng = generator(plan.seed, Stream.VISIT, number)
    angle, radius = rng.uniform(0.0, 2.0 * np.pi), DITHER_ARCSEC / 3600.0 * np.sqrt(rng.random())
    seeing_500 = float(np.clip(rng.lognormal(np.log(0.72), 0.15), 0.5, 1.1))
    clouds = float(rng.exponential(0.05))
    return Visit(
        visit=int(START_MJD + day) * 1000 + slot,
        band=band,
        ra=float((plan.ra + radius * np.cos(angle) / np.cos(np.radians(plan.dec))) % 360.0),
        dec=float(plan.dec + radius * np.sin(angle)),
        skyRotation=float((180.0 * (night_number % 2) + rng.uniform(-2.0, 2.0)) % 360.0),
        expMidptMJD=float(mjd),
        expTime=plan.exposureTime,
        airmass=airmass,
        zenithDistance=float(zenith_distance),
        parallacticAngle=float(parallactic),
        seeing=seeing_500 * float((WAVELENGTH[band] / 500.0) ** -0.2 * airmass**0.6),
        skyMag=SKY_BRIGHTNESS[band] + float(rng.normal(0.0, 0.1)) - 0.3 * (airmass - 1.0),
        extinction=EXTINCTION[band] * (airmass - 1.0) + clouds,
    )


def plan_frame(plan: SurveyPlan, visit: Visit, detector: int) -> Frame:
    """Return what is true of one detector of a visit.

    The zero point holds exposure time, extinction, clouds and a grey term of the detector; the sky
    does not suffer extinction, as its brightness is that seen from the ground.
    """
    grey = generator(plan.seed, Stream.GREY, visit.visit, detector).normal(0.0, 0.01)
    bias = generator(plan.seed, Stream.DETECTOR, detector).normal(0.0, 5.0)
    unit = ZERO_POINT[visit.band] + 2.5 * np.log10(visit.expTime)
    x, y = _detector_centre(plan, detector)
    reference = ((plan.width - 1) / 2.0 - x, (plan.height - 1) / 2.0 - y)
    return Frame(
        visit=visit,
        detector=detector,
        wcs=TanSip(visit.ra, visit.dec, reference, cd_matrix(plan.pixelScale, visit.skyRotation)),
        zeroPoint=float(unit - visit.extinction - grey),
        skyBg=float(10.0 ** (0.4 * (unit - visit.skyMag)) * plan.pixelScale**2),
        psfFwhm=visit.seeing / plan.pixelScale,
        biasLevel=plan.biasLevel + float(bias),
    )


def field_radius(plan: SurveyPlan) -> float:
    """Return the radius [deg] about the field's centre that holds whatever a frame can show."""
    centres = [_detector_centre(plan, detector) for detector in range(plan.detectors)]
    x, y = (max(abs(centre[i]) for centre in centres) for i in (0, 1))
    corner = np.hypot(x + plan.width / 2.0, y + plan.height / 2.0) * plan.pixelScale
    return float((corner * 1.01 + DITHER_ARCSEC + 30.0) / 3600.0)


def _detector_centre(plan: SurveyPlan, detector: int) -> tuple[float, float]:
    """Return the position of a detector's centre in the focal plane, px from the optical axis."""
    columns = int(np.ceil(np.sqrt(plan.detectors)))
    rows = -(-plan.detectors // columns)
    row, column = divmod(detector, columns)
    x = (column - (columns - 1) / 2.0) * (plan.width + GAP_PIXELS)
    y = (row - (rows - 1) / 2.0) * (plan.height + GAP_PIXELS)
    return x, y


def _meridian_passage(ra: float, mjd: float) -> float:
    """Return the first time after `mjd` at which a right ascension [deg] crosses the meridian.

    Greenwich mean sidereal time to first order (Meeus 1998, eq. 12.4), UTC taken for TAI.
    """
    sidereal = 280.46062 + 360.98564737 * (mjd - 51544.5) + LONGITUDE
    return mjd + ((ra - sidereal) % 360.0) / 360.98564737


def _cosine_at_limit(dec: float) -> float:
    """Return the cosine of the hour angle at which a declination reaches the zenith limit."""
    lat, dec = np.radians(LATITUDE), np.radians(dec)
    height = np.cos(np.radians(GREATEST_ZENITH_DISTANCE))
    return float(np.clip((height - np.sin(lat) * np.sin(dec)) / (np.cos(lat) * np.cos(dec)), -1, 1))


def _horizontal(hour_angle: float, dec: float) -> tuple[float, float]:
    """Return zenith distance and parallactic angle [deg] (Meeus 1998, eqs. 13.6 and 14.1)."""
    h, lat, delta = np.radians(hour_angle), np.radians(LATITUDE), np.radians(dec)
    sine = np.sin(lat) * np.sin(delta) + np.cos(lat) * np.cos(delta) * np.cos(h)
    across = np.tan(lat) * np.cos(delta) - np.sin(delta) * np.cos(h)
    return float(np.degrees(np.arccos(sine))), float(np.degrees(np.arctan2(np.sin(h), across)))
