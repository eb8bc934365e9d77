"""What a catalog survey is: seed, area, visits, camera, faults; checked once, here."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.plan import check_bands, check_wholes
from skytract.pipelines.simulate.sites import HIGHEST_DEC, LOWEST_DEC

CADENCES = ("simple", "baseline")
"""Where visits come from: our scheduler, or the year of visits that ships with `sorcha`."""

SKIPPABLE = {"dia": "DiaSource", "forced": "ForcedSource", "coadd": "Coadd"}
"""What can be left out, by its short name; Coadd are CoaddSource and ObjectMeasurement."""

LARGEST_RADIUS = 20.0
"""Of an area [deg]: all sky is no question for one run."""

FAINTEST = (14.5, 28.0)
"""Range of the limit in r: nothing is drawn beyond."""


ASTEROIDS = (6.0, 19.0)
"""Range of the limit in H: a dozen bodies to two million of the main belt."""


@dataclass(frozen=True)
class CatalogPlan:
    """Everything that decides a survey; equal plans give equal bytes.

    Attributes
    ----------
    seed
        Integer from 0 to 2^63 - 1 that decides the sky, the weather and the noise.
    ra, dec, radius
        Area: the circle in which boresights lie, deg ICRS.
    visits
        Number of visits.
    detectors
        Number of detectors, 1 to 189, the inmost of the LSST camera.
    bands
        Letters of ugrizy.
    cadence
        One of `CADENCES`.
    faintest
        Faintest objects that are drawn, AB magnitude in r.
    forcedFaintest
        Faintest objects whose flux is forced in every image, AB magnitude in r.
    outliers
        Fraction of sources whose flux or position is wrong, without a flag.
    badVisits
        Fraction of visits through clouds, in bad seeing, with a wrong WCS.
    spurious
        Mean number of spurious detections per visit and detector.
    minorPlanets
        Absolute magnitude H to which the main belt is drawn; see `moving.survey_bodies`.

    Examples
    --------
    >>> CatalogPlan(seed=1, detectors=9).detectors
    9
    """

    seed: int
    ra: float = 310.0
    dec: float = -5.0
    radius: float = 0.03
    visits: int = 8
    detectors: int = 1
    bands: str = "ugrizy"
    cadence: str = "simple"
    faintest: float = 24.5
    forcedFaintest: float = 23.5
    outliers: float = 0.002
    badVisits: float = 0.02
    spurious: float = 8.0
    minorPlanets: float = 16.0

    def __post_init__(self) -> None:
        check_wholes(self)
        check_bands(self.bands)
        _check_area(self.ra, self.dec, self.radius)
        if self.cadence not in CADENCES:
            raise SkytractError(
                f"The cadence {self.cadence!r} is unknown: choose {' or '.join(CADENCES)}."
            )
        for name in ("faintest", "forcedFaintest"):
            _check_range(name, getattr(self, name), *FAINTEST)
        _check_range("outliers", self.outliers, 0.0, 0.5)
        _check_range("badVisits", self.badVisits, 0.0, 1.0)
        _check_range("spurious", self.spurious, 0.0, 10_000.0)
        _check_range("minorPlanets", self.minorPlanets, *ASTEROIDS)


PRESETS: dict[str, dict[str, Any]] = {
    "tiny": {
        "visits": 12,
        "detectors": 1,
        "radius": 0.02,
        "faintest": 21.0,
        "minorPlanets": 14.0,
        "forcedFaintest": 20.5,
    },
    "small": {"visits": 60, "detectors": 9, "radius": 0.2, "faintest": 23.0},
    "medium": {"visits": 100, "detectors": 25, "radius": 0.5},
    "large": {"visits": 125, "detectors": 189, "radius": 1.0, "minorPlanets": 18.0},
}
"""Sizes with about 10^4, 10^6, 10^7 and 10^8 sources."""


def parse_area(text: str) -> dict[str, float]:
    """Return ra, dec and radius [deg] of an area, written RA,DEC,RADIUS.

    Examples
    --------
    >>> parse_area("310, -5, 0.5")
    {'ra': 310.0, 'dec': -5.0, 'radius': 0.5}
    """
    try:
        ra, dec, radius = (float(word) for word in text.split(","))
    except ValueError:
        raise SkytractError(
            f"The area {text!r} is no circle: write RA,DEC,RADIUS in degrees, as 310,-5,0.5."
        ) from None
    return {"ra": ra, "dec": dec, "radius": radius}


def _check_area(ra: float, dec: float, radius: float) -> None:
    """Refuse circles that the observatory cannot see."""
    for name, value in (("ra", ra), ("dec", dec), ("radius", radius)):
        _check_number(name, value)
    if not (0.0 <= ra < 360.0 and -90.0 <= dec <= 90.0):
        raise SkytractError(
            f"The area is at ra {ra}, dec {dec}, which is no place in the sky:"
            " 0 <= ra < 360 and -90 <= dec <= 90 deg."
        )
    if not 0.0 <= radius <= LARGEST_RADIUS:
        raise SkytractError(
            f"The area has a radius of {radius} deg, but it must lie within 0 and"
            f" {LARGEST_RADIUS}: give a smaller one, or run several areas."
        )
    if not (dec - radius >= LOWEST_DEC and dec + radius <= HIGHEST_DEC):
        raise SkytractError(
            f"The area reaches from dec {dec - radius} to {dec + radius}, but the simulated"
            f" observatory sees {LOWEST_DEC} <= dec <= {HIGHEST_DEC} deg well: move it there."
        )


def _check_range(name: str, value: float, least: float, most: float) -> None:
    """Refuse what is not a number in the range, NaN included."""
    _check_number(name, value)
    if not least <= value <= most:
        raise SkytractError(
            f"{name} is {value!r}, but it must lie within {least} and {most}: choose one there."
        )


def _check_number(name: str, value: object) -> None:
    """Refuse what is not a number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise SkytractError(f"{name} is {value!r}, but it must be a number: give one, as 0.5.")
