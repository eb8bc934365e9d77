"""The joint astrometric fit in memory: time and memory for ten million detections, by two sizes.

20,000 stars in a field of 16 detectors, seen again and again by dithered and turned visits, whose
WCS begin an arcsecond off; polynomials of order 3 of detectors, visits and images. Every tenth star
is an anchor.

- `joint_astrometry.limit`: seconds of processor time that 10 M detections take at the rate of the
  larger size, against 180 s.
- `joint_astrometry.linear`: time of the larger size against that of the smaller one times the ratio
  of their detections; 1.3 times is allowed.
- `joint_astrometry.memory`: GiB that 10 M detections take, likewise, against 4.

The answers agree if positions by the fitted WCS are the true ones to 3 mas in the median, with
centroids of 10 mas.
"""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.measure import Measure
from skytract.udf.calibration.astrometric_tables import DETECTION, IMAGE, STAR, VISIT, Solution
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.sky_to_pixel import pixels_of_sky
from skytract.udf.calibration.solve_astrometry import solve_astrometry
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import displaced, project

VISITS = (15, 60)
SIDE, PIXELS, PITCH = 4, 2000.0, 2050.0
"""Detectors along an edge of the field, pixels along an edge of each, and their distance [px]."""

SCALE, STARS, NOISE = 0.4 / 3600.0, 20_000, 0.025
"""deg/px; stars in the field; error of a centroid [px]: 10 mas."""

WIDTHS = Widths(3, 3, 3, 10.0)
SECONDS, GROWTH, MEMORY = 180.0, 1.3, 4.0
DETECTIONS = 10e6
GIB = 2.0**30
SEED = 20250706


def run(visits: tuple[int, int] = VISITS) -> Iterator[Measure]:
    """Measure two sizes."""
    times, counts, agree = [], [], True
    for number in visits:
        given, true = survey(number)
        began = time.process_time()
        found = solve_astrometry(*given, WIDTHS)
        times.append(time.process_time() - began)
        counts.append(len(given[0]))
        agree &= error(found, true) < 3.0
    tracemalloc.start()
    solve_astrometry(*given, WIDTHS)
    memory = tracemalloc.get_traced_memory()[1] / GIB * DETECTIONS / counts[-1]
    tracemalloc.stop()
    whole = times[-1] * DETECTIONS / counts[-1]
    note = f"by {counts[-1]} detections, {found.fit.iterations} iterations"
    yield measure("joint_astrometry.limit: what is asked for", whole, SECONDS, "s", agree, note)
    linear = times[0] * counts[-1] / counts[0] * GROWTH
    note = f"time / linear: {times[-1] / linear * GROWTH:.2f}; allowed: {GROWTH}"
    yield measure("joint_astrometry.linear: what is allowed", times[-1], linear, "s", agree, note)
    yield measure("joint_astrometry.memory: what is asked for", memory, MEMORY, "GiB", agree, "")


def survey(visits: int) -> tuple[tuple[Any, ...], TanSip]:
    """Return what `solve_astrometry` takes, and the true world coordinates."""
    rng = np.random.default_rng(SEED)
    half = 0.5 * SIDE * PITCH * SCALE * 3.6e6
    ra, dec = displaced(0.0, 10.0, *rng.uniform(-half, half, (2, STARS)))
    visit = np.zeros(visits, VISIT)
    visit["ra"], visit["dec"] = displaced(0.0, 10.0, *rng.normal(0.0, 0.1 * half, (2, visits)))
    visit["mjd"], visit["zz"] = 60000.0 + rng.uniform(-900.0, 900.0, visits), 1.0
    images = np.zeros(visits * SIDE**2, IMAGE)
    images["visit"], images["detector"] = np.divmod(np.arange(len(images)), SIDE**2)
    images["nx"] = images["ny"] = PIXELS
    centres = PITCH * (np.stack(np.divmod(images["detector"], SIDE), axis=1) - (SIDE - 1) / 2.0)
    angle = rng.uniform(0.0, 2.0 * np.pi, visits)[images["visit"]]
    cos, sin = np.cos(angle), np.sin(angle)
    cd = SCALE * np.stack([[-cos, sin], [sin, cos]]).transpose(2, 0, 1)
    crpix = (PIXELS + 1.0) / 2.0 - centres
    boresight = np.stack([visit["ra"], visit["dec"]], axis=1)[images["visit"]]
    none = np.zeros((len(images), 1, 1))
    off = rng.normal(0.0, 1000.0, (2, visits))[:, images["visit"]]
    wrong = np.stack(displaced(*boresight.T, *off), axis=1)
    true, given = TanSip(crpix, boresight, cd, none, none), TanSip(crpix, wrong, cd, none, none)
    rows = np.concatenate([detect(rng, true, image, ra, dec) for image in range(len(images))])
    stars = np.zeros(STARS, STAR)
    stars["ra"], stars["dec"], stars["fitted"] = ra, dec, np.arange(STARS) % 5 != 4
    stars["anchor"], stars["epoch"], stars["err"] = np.arange(STARS) % 10 == 0, 60000.0, 0.5
    stars["pmErr"] = stars["parallaxErr"] = 0.1
    return (rows, given, images, visit, stars), true


def detect(rng: Any, wcs: TanSip, image: int, ra: Any, dec: Any) -> Any:
    """Return the detections of an image."""
    (x, y), _ = pixels_of_sky(wcs, image, ra, dec)
    on = np.flatnonzero((np.abs(x / PIXELS - 0.5) < 0.5) & (np.abs(y / PIXELS - 0.5) < 0.5))
    rows = np.zeros(len(on), DETECTION)
    rows["star"], rows["image"], rows["err"] = on, image, NOISE
    rows["x"], rows["y"] = np.stack([x[on], y[on]]) + NOISE * rng.normal(size=(2, len(on)))
    return rows


def error(found: Solution, true: TanSip) -> float:
    """Return the median distance [mas] of fitted from true positions of pixels."""
    x, y = np.random.default_rng(1).uniform(0.0, PIXELS - 1.0, (2, len(true.crpix)))
    which = np.arange(len(x))
    (ours, theirs) = (positions(wcs, which, x, y)[0] for wcs in (found.wcs, true))
    return float(3.6e6 * np.median(np.hypot(*project(*ours, *theirs))))


def measure(name: str, ours: float, peer: float, unit: str, agree: bool, note: str) -> Measure:
    """Compare what is spent."""
    compared: Measure = {
        "name": name, "ours": ours, "peer": peer, "unit": unit, "ratio": peer / ours,
        "agree": agree,
    }  # fmt: skip
    return {**compared, "note": note} if note else compared
