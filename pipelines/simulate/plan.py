"""What a survey is: its seed, its size, its camera; checked once, here."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.objects import BANDS

START_MJD = 60520.0
"""First night, MJD TAI (29 July 2024): the default field crosses the meridian near midnight."""

MAX_SEED = 1 << 63
"""The hashes of light curves take seeds as integers of 64 bits."""

MAX_DETECTORS = 189
"""As many as the LSST camera has; ids of sources leave room for 256."""


@dataclass(frozen=True)
class SurveyPlan:
    """Everything that decides a simulated survey; equal plans give equal bytes.

    Attributes
    ----------
    seed
        Integer from 0 to 2^63 - 1 that decides the sky, the weather and the noise.
    visits
        Number of visits; they cycle through `bands`, one visit per band and night.
    detectors
        Number of detectors, laid out in a nearly square grid.
    bands
        Letters of ugrizy.
    ra, dec
        Centre of the field, deg ICRS.
    width, height
        Pixels of a detector, without overscan.
    pixelScale
        arcsec/px.
    exposureTime
        s.
    gain, readNoise
        e-/ADU, e-.
    biasLevel, saturation
        ADU of the raw frame; a pixel never reads more than `saturation`.
    overscan
        Columns of overscan to the right of the image.
    cosmicRays
        Mean number of cosmic-ray tracks per frame.
    hotPixels
        Number of hot pixels per detector, the same in every frame.
    limit
        Faintest r magnitude of the sky.
    boost
        Factor on the density of pulsating stars: a small field shows some only if there are more
        than in the real sky.

    Examples
    --------
    >>> plan = SurveyPlan(seed=42)
    >>> plan.visits * plan.detectors
    32
    """

    seed: int
    visits: int = 16
    detectors: int = 2
    bands: str = "gr"
    ra: float = 310.0
    dec: float = -5.0
    width: int = 512
    height: int = 512
    pixelScale: float = 0.3
    exposureTime: float = 30.0
    gain: float = 1.6
    readNoise: float = 6.0
    biasLevel: float = 1000.0
    saturation: int = 60000
    overscan: int = 32
    cosmicRays: float = 4.0
    hotPixels: int = 4
    limit: float = 24.0
    boost: float = 1500.0

    def __post_init__(self) -> None:
        check_wholes(self)
        check_bands(self.bands)
        if not (0.0 <= self.ra < 360.0 and -78.0 <= self.dec <= 18.0):
            raise SkytractError(
                f"The field is at ra {self.ra}, dec {self.dec}, but the simulated observatory"
                " reaches 0 <= ra < 360 and -78 <= dec <= 18 deg: choose a field there."
            )


def check_wholes(plan: Any) -> None:
    """Refuse what is not a whole number in its range; keep those of numpy as Python's."""
    for name, least, most in (
        ("seed", 0, None),
        ("visits", 1, None),
        ("detectors", 1, MAX_DETECTORS),
    ):
        object.__setattr__(plan, name, _whole(name, getattr(plan, name), least, most))


def _whole(name: str, given: object, least: int, most: int | None) -> int:
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise SkytractError(f"{name} is {given!r}, but it must be a whole number: give an integer.")
    value = int(given)
    if name == "seed" and not least <= value < MAX_SEED:
        raise SkytractError(
            f"seed is {value}, but seeds are integers from 0 to 2^63 - 1: choose one of these."
        )
    if value < least:
        thing = name.removesuffix("s")
        raise SkytractError(
            f"{name} is {value}, but a survey needs at least one {thing}: choose {name} >= 1."
        )
    if most is not None and value > most:
        raise SkytractError(
            f"{name} is {value}, but the camera holds at most {most}: choose fewer."
        )
    return value


def check_bands(bands: object) -> None:
    """Refuse unknown, repeated or no bands."""
    if not isinstance(bands, str) or not bands:
        raise SkytractError(f"bands is {bands!r}, but a survey needs one: choose among {BANDS}.")
    unknown = [band for band in bands if band not in BANDS]
    if unknown:
        raise SkytractError(f"Band {unknown[0]!r} is unknown: choose among the letters {BANDS}.")
    if len(set(bands)) < len(bands):
        raise SkytractError(f"bands is {bands!r}, which repeats a band: name each band once.")
