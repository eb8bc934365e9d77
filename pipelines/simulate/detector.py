"""What the detector makes of light: noise, artifacts, bias, overscan, and a raw FITS file."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from skytract.pipelines.simulate.observing import Frame
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.randoms import Stream, generator

HOT_PIXEL_RATE = 200.0
"""Dark current of a hot pixel, electrons/s."""


def frame_name(frame: Frame) -> str:
    """Return the file name of a raw exposure."""
    return f"visit_{frame.visit.visit}_det_{frame.detector}.fits"


def expose(plan: SurveyPlan, frame: Frame, expected: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return a raw frame [ADU], shape (height, width + overscan), from expected electrons.

    Poisson noise of the light, then read noise and bias everywhere; overscan columns hold bias and
    read noise alone.
    """
    rng = generator(plan.seed, Stream.FRAME, frame.visit.visit, frame.detector)
    electrons = np.zeros((plan.height, plan.width + plan.overscan))
    light = expected + hot_pixels(plan, frame)
    electrons[:, : plan.width] = rng.poisson(light)
    electrons += plan.readNoise * rng.normal(size=electrons.shape)
    add_cosmic_rays(rng, electrons[:, : plan.width], plan.cosmicRays)
    raw = np.rint(frame.biasLevel + electrons / plan.gain)
    return np.clip(raw, 0, plan.saturation).astype(np.uint16)


def hot_pixels(plan: SurveyPlan, frame: Frame) -> NDArray[np.float64]:
    """Return the dark charge [electrons], shape (height, width), of the detector's hot pixels."""
    rng = generator(plan.seed, Stream.DETECTOR, frame.detector, 1)
    charge = np.zeros((plan.height, plan.width))
    rows = rng.integers(0, plan.height, plan.hotPixels)
    columns = rng.integers(0, plan.width, plan.hotPixels)
    charge[rows, columns] = HOT_PIXEL_RATE * frame.visit.expTime
    return charge


def add_cosmic_rays(
    rng: np.random.Generator, image: NDArray[np.float64], mean_number: float
) -> None:
    """Add straight tracks, 1 px wide, 2 to 20 px long, 300 to 3,000 electrons per px, in place."""
    height, width = image.shape
    for _ in range(rng.poisson(mean_number)):
        x, y, angle = rng.random(3) * (width, height, 2.0 * np.pi)
        steps = np.arange(rng.integers(2, 21))
        charge = np.exp(rng.uniform(np.log(300.0), np.log(3000.0)))
        columns = (x + steps * np.cos(angle)).astype(int)
        rows = (y + steps * np.sin(angle)).astype(int)
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        image[rows[inside], columns[inside]] += charge


def header(plan: SurveyPlan, frame: Frame) -> fits.Header:
    """Return the header of a raw exposure; CRPIX refers to the image without overscan."""
    visit, width, height = frame.visit, plan.width, plan.height
    cards: list[tuple[str, str | float, str]] = [
        ("VISIT", visit.visit, "visit number"),
        ("DETECTOR", frame.detector, "detector number"),
        ("BAND", visit.band, "band, one of ugrizy"),
        ("FILTER", f"{visit.band}_sim", "physical filter"),
        ("MJDMID", visit.expMidptMJD, "[d] middle of exposure, MJD TAI"),
        ("EXPTIME", visit.expTime, "[s] exposure time"),
        ("AIRMASS", visit.airmass, "airmass of the boresight"),
        ("GAIN", plan.gain, "[electron/adu]"),
        ("RDNOISE", plan.readNoise, "[electron] read noise"),
        ("SATURATE", plan.saturation, "[adu] raw value of a saturated pixel"),
        ("BIASSEC", f"[{width + 1}:{width + plan.overscan},1:{height}]", "overscan"),
        ("TRIMSEC", f"[1:{width},1:{height}]", "image"),
        ("ZENDIST", visit.zenithDistance, "[deg] zenith distance of the boresight"),
        ("PARANG", visit.parallacticAngle, "[deg] parallactic angle"),
        ("SEEING", visit.seeing, "[arcsec] FWHM of the seeing disk in this band"),
        ("RA_PNT", visit.ra, "[deg] boresight, ICRS"),
        ("DEC_PNT", visit.dec, "[deg] boresight, ICRS"),
        ("ROTANG", visit.skyRotation, "[deg] position angle of +y"),
    ]
    result = fits.Header(cards)
    result.update(frame.wcs.header())
    return result


def write_frame(path: Path, plan: SurveyPlan, frame: Frame, raw: NDArray[np.uint16]) -> None:
    """Write a raw frame as a FITS file with one uint16 image."""
    fits.PrimaryHDU(raw, header(plan, frame)).writeto(path)
