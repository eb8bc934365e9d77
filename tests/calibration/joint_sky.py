"""A small survey with known truth: stars that move, detectors in a field, a WCS that is wrong."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skytract.udf.association.earth_position import earth_position
from skytract.udf.calibration.astrometric_tables import DETECTION, IMAGE, STAR, VISIT, Solution
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.sky_to_pixel import pixels_of_sky
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import displaced

SIZE = np.array([1000.0, 1200.0])
SCALE = 1.0 / 3600.0
NOISE = 0.01
"""Of centroids [px]: 10 mas."""

WIDTHS = Widths(3, 3, -1, 5.0)


@dataclass
class JointSky:
    """What `solve_astrometry` takes, and the truth."""

    rows: Any
    wcs: TanSip
    images: Any
    visits: Any
    stars: Any
    true_wcs: TanSip
    motions: Any
    """u [mas/yr], v, parallax [mas] of each star, shape (S, 3)."""
    mean_places: Any
    """ra, dec at MJD 60000 [deg], shape (2, S)."""

    @property
    def given(self) -> tuple[Any, ...]:
        return self.rows, self.wcs, self.images, self.visits, self.stars


def joint_sky(
    seed: int = 1,
    visits: int = 8,
    stars: int = 400,
    centre: tuple[float, float] = (0.1, -30.0),
    shift: float = 2.0,
    noise: float = NOISE,
    outliers: float = 0.0,
    scale: float = 1.0003,
) -> JointSky:
    """Two detectors side by side, dithered and turned over five years; every second star an anchor.

    The WCS to start from is off by `shift` arcsec and in scale, and knows no distortion.
    """
    rng = np.random.default_rng(seed)
    ra, dec = displaced(centre[0], centre[1], *(rng.uniform(-1600.0, 1600.0, (2, stars)) * 1000.0))
    motions = rng.normal(0.0, [10.0, 10.0, 1.0], (stars, 3))
    motions[:, 2] = np.abs(motions[:, 2])
    visit = np.zeros(visits, VISIT)
    visit["ra"], visit["dec"] = displaced(
        centre[0], centre[1], *(rng.normal(0.0, 200.0, (2, visits)) * 1000.0)
    )
    visit["mjd"] = 60000.0 + np.linspace(-900.0, 900.0, visits) + rng.uniform(-50.0, 50.0, visits)
    visit["zx"], visit["zz"] = np.cos(np.radians(20.0)), -np.sin(np.radians(20.0))
    images = np.zeros(2 * visits, IMAGE)
    images["visit"], images["detector"] = np.divmod(np.arange(2 * visits), 2)
    images["nx"], images["ny"] = SIZE
    turn = rng.uniform(0.0, 360.0, visits)
    true, given = _systems(rng, visit, images, turn, shift, scale)
    rows = _detect(rng, true, visit, images, ra, dec, motions, noise)
    wrong = rng.random(len(rows)) < outliers
    rows["x"][wrong] += rng.normal(0.0, 2.0, wrong.sum())
    table = _catalog(rng, ra, dec, motions)
    return JointSky(rows, given, images, visit, table, true, motions, np.stack([ra, dec]))


def _systems(
    rng: Any, visit: Any, images: Any, turn: Any, shift: float, scale: float
) -> tuple[TanSip, TanSip]:
    """True and believed world coordinates."""
    m = len(images)
    angle = np.radians(turn[images["visit"]])
    cos, sin = np.cos(angle), np.sin(angle)
    cd = SCALE * np.stack([[-cos, sin], [sin, cos]]).transpose(2, 0, 1)
    crpix = (SIZE + 1.0) / 2.0 + np.where(images["detector"], 1.0, -1.0)[:, None] * [530.0, 0.0]
    boresight = np.stack([visit["ra"], visit["dec"]], axis=1)[images["visit"]]
    p, q = np.indices((4, 4))
    used = (p + q >= 2) & (p + q <= 3)
    a, b = rng.normal(0.0, 0.7, (2, 2, 4, 4)) * used / 1000.0 ** (p + q)
    true = TanSip(crpix, boresight, cd, a[images["detector"]], b[images["detector"]])
    moved = 1000.0 * rng.normal(0.0, shift, (2, len(visit)))[:, images["visit"]]
    off = np.stack(displaced(*boresight.T, *moved), axis=1)
    none = np.zeros((m, 1, 1))
    return true, TanSip(crpix, off, cd * scale, none, none)


def _detect(
    rng: Any, wcs: TanSip, visit: Any, images: Any, ra: Any, dec: Any, motions: Any, noise: float
) -> Any:
    """Detections of all stars that fall on an image."""
    made = []
    for image, (number, *_) in enumerate(images):
        here = visit[number]
        years = (here["mjd"] - 60000.0) / 365.25
        x, y, z = (float(np.array(axis)[0]) for axis in earth_position([here["mjd"]]))
        lon, lat = np.radians(ra), np.radians(dec)
        inward = x * np.cos(lon) + y * np.sin(lon)
        east = motions[:, 0] * years + motions[:, 2] * (x * np.sin(lon) - y * np.cos(lon))
        north = motions[:, 1] * years + motions[:, 2] * (inward * np.sin(lat) - z * np.cos(lat))
        (px, py), _ = pixels_of_sky(wcs, image, *displaced(ra, dec, east, north))
        on = np.flatnonzero((px > 0) & (px < SIZE[0] - 1) & (py > 0) & (py < SIZE[1] - 1))
        rows = np.zeros(len(on), DETECTION)
        rows["star"], rows["image"], rows["err"] = on, image, max(noise, 1e-6)
        rows["x"], rows["y"] = np.stack([px[on], py[on]]) + noise * rng.normal(size=(2, len(on)))
        made.append(rows)
    return np.concatenate(made)


def _catalog(rng: Any, ra: Any, dec: Any, motions: Any) -> Any:
    """Stars as given: every second one an anchor good to 0.5 mas, every fifth held out."""
    stars = np.zeros(len(ra), STAR)
    number = np.arange(len(ra))
    stars["anchor"], stars["fitted"] = number % 2 == 0, number % 5 != 4
    error = 0.5 * rng.normal(size=(2, len(ra)))
    stars["ra"], stars["dec"] = displaced(ra, dec, *error)
    rough = displaced(ra, dec, *rng.normal(0.0, 300.0, (2, len(ra))))
    for name, place in zip(("ra", "dec"), rough, strict=True):
        stars[name] = np.where(stars["anchor"], stars[name], place)
    stars["epoch"], stars["err"] = 60000.0, 0.5
    for name, true, err in zip(
        ("pmRa", "pmDec", "parallax"), motions.T, (0.2, 0.2, 0.2), strict=True
    ):
        stars[name] = np.where(stars["anchor"], true + err * rng.normal(size=len(ra)), np.nan)
    stars["pmErr"] = stars["parallaxErr"] = 0.2
    return stars


def wcs_error(sky: JointSky, found: Solution) -> Any:
    """Distances [mas] of found from true positions of a grid of pixels, shape (m, 400)."""
    from skytract.udf.calibration.pixel_to_sky import positions
    from skytract.udf.calibration.tangent_plane import project

    x, y = (g.ravel() for g in np.meshgrid(*(np.linspace(0.0, s - 1.0, 20) for s in SIZE)))
    m = len(sky.images)
    which = np.repeat(np.arange(m), x.size)
    x, y = np.tile(x, m), np.tile(y, m)
    (ra, dec), _ = positions(found.wcs, which, x, y)
    truth, _ = positions(sky.true_wcs, which, x, y)
    return 3.6e6 * np.hypot(*project(ra, dec, *truth)).reshape(m, -1)
