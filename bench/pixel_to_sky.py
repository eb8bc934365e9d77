"""Pixels to the sky with full covariance, in the database, beside what does less elsewhere.

Detections of 2,000 images, each with a TAN-SIP WCS of the third order of its own, on one core:

- `pixel_to_sky.limit`: rows per second through calibration.sky_positions, ids and errors included,
  against the 0.3 M that are asked for.
- `pixel_to_sky.numpy`: the same numbers from columns that lie in memory already.
- `pixel_to_sky.astropy`: positions alone, image by image, by astropy.wcs; to 0.1 mas the same.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from astropy.wcs import WCS, Sip
from numpy.typing import NDArray

from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.udf.calibration.pixel_to_sky import sky_of_pixels
from skytract.udf.calibration.tan_sip import TanSip

ROWS, IMAGES = 400_000, 2_000
SAMPLE = 200
"""Images that astropy does."""

LIMIT = 0.3e6
"""Rows per second and core that the survey needs."""

TOLERANCE = 0.1 / 3.6e6
EVERYTHING = "0, 3458764513820540928"
FILL = """
INSERT INTO raw.VisitDetector (visit, detector, band, nx, ny, crpix1, crpix2, crval1, crval2,
    cd1_1, cd1_2, cd2_1, cd2_2, sipOrder, sipA, sipB, loadId)
SELECT n / 10, n %% 10, 'r', 4000, 4000, 2000, 1990, 359.9 + n * 1e-4 - 360 * (n / 1000), -30,
    -5.5e-5, 1e-7, 1e-7, 5.5e-5, 3, a.a, a.a, 1
FROM generate_series(0, %(images)s - 1) AS n
CROSS JOIN LATERAL (
    SELECT ARRAY[0, 0, 1e-7, n * 1e-14, 0, 1e-7, 2e-11, 0, -1e-7, 1e-11, 0, 0, 3e-11, 0, 0, 0]
) AS a (a);
INSERT INTO raw.Source (
    hpx29, sourceId, visit, detector, ra, dec, x, y, xErr, yErr, x_y_Cov, loadId
)
SELECT n * 7919 %% 1000003 * 1000, n, n %% %(images)s / 10, n %% 10, 0, 0,
    n * 31 %% 40000 / 10.0, n * 37 %% 39999 / 10.0, 0.01 + n %% 7 * 0.01, 0.02, 0.0001, 1
FROM generate_series(0::bigint, %(rows)s - 1) AS n
"""


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with fresh_database("bench_pixel_to_sky") as owner:
        for statement in FILL.split(";"):
            owner.execute(statement.encode(), {"rows": rows, "images": IMAGES})
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
        owner.execute("SET max_parallel_workers_per_gather = 0")
        count = f"SELECT count(*) FROM calibration.sky_positions({EVERYTHING})".encode()
        owner.execute(count)  # imports do not count
        ours = min(timed(owner, count) for _ in range(3))
        stored = columns(
            owner,
            "SELECT p.ra, p.dec, p.raErr, p.decErr, p.ra_dec_Cov FROM calibration.sky_positions("
            f"{EVERYTHING}) AS p ORDER BY p.sourceId",
        )
        wcs, which, pixels = in_memory(owner)
        began = time.perf_counter()
        sky = sky_of_pixels(wcs, which, pixels)
        numpy_time = time.perf_counter() - began
        errors = np.allclose(stored[2:], sky[2:], rtol=1e-6, atol=0.0)
        agree = bool((stored[:2] == sky[:2]).all() and errors)
        yield measure("pixel_to_sky.limit: what is asked for", rows / ours, LIMIT, agree)
        yield measure("pixel_to_sky.numpy: in memory", rows / ours, rows / numpy_time, agree)
        done, took, agree = by_astropy(wcs, which, pixels, stored)
        yield measure("pixel_to_sky.astropy: positions alone", rows / ours, done / took, agree)


def timed(connection: Connection, query: bytes) -> float:
    """Run a query; seconds it takes."""
    began = time.perf_counter()
    connection.execute(query)
    return time.perf_counter() - began


def columns(owner: Connection, query: str) -> NDArray[np.float64]:
    """Return the columns of a query."""
    return np.array(owner.execute(query.encode()).fetchall(), float).T


def in_memory(owner: Connection) -> tuple[TanSip, NDArray[np.intp], NDArray[np.float64]]:
    """Return world coordinates, image of each detection, and its pixel with errors."""
    rows = owner.execute(
        "SELECT ARRAY[crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2], sipA, sipB"
        " FROM raw.VisitDetector ORDER BY visit, detector"
    ).fetchall()
    frames, sip_a, sip_b = (
        [np.array(value) for value in column] for column in zip(*rows, strict=True)
    )
    table = columns(
        owner,
        "SELECT visit * 10 + detector, x, y, xErr, yErr, x_y_Cov FROM raw.Source ORDER BY sourceId",
    )
    return TanSip.stack(frames, sip_a, sip_b), table[0].astype(np.intp), table[1:]


def by_astropy(
    wcs: TanSip, which: NDArray[np.intp], pixels: NDArray[np.float64], ours: NDArray[np.float64]
) -> tuple[int, float, bool]:
    """Return rows done, seconds and whether positions agree, image by image."""
    order = np.argsort(which, kind="stable")
    first = np.searchsorted(which[order], np.arange(SAMPLE + 1))
    took, agree = 0.0, True
    for image in range(SAMPLE):
        own = order[first[image] : first[image + 1]]
        began = time.perf_counter()
        ra, dec = astropy_wcs(wcs, image).all_pix2world(*pixels[:2, own], 0)
        took += time.perf_counter() - began
        off = np.hypot((ra - ours[0, own] + 180.0) % 360.0 - 180.0, dec - ours[1, own])
        agree &= bool((off < TOLERANCE).all())
    return int(first[-1]), took, agree


def astropy_wcs(wcs: TanSip, image: int) -> Any:
    """Return one of the systems as astropy has it."""
    made = WCS(naxis=2)
    made.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    made.wcs.crpix, made.wcs.crval, made.wcs.cd = wcs.crpix[image], wcs.crval[image], wcs.cd[image]
    made.sip = Sip(wcs.a[image], wcs.b[image], None, None, wcs.crpix[image])
    made.wcs.set()
    return made


def measure(name: str, ours: float, peer: float, agree: bool) -> Measure:
    """Compare two rates."""
    return {
        "name": name, "ours": ours, "peer": peer, "unit": "rows/s", "ratio": ours / peer,
        "agree": agree,
    }  # fmt: skip
