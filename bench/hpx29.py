"""Sky keys of a million positions: our numpy kernel against healpy's C++.

Ours is for places that cannot wait a second for healpy's import, or want no dependency.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import healpy
import numpy as np

from bench.measure import Measure
from skytract.udf.sky.hpx29 import hpx29

ROWS = 1_000_000
ROUNDS = 3


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure on seeded positions all over the sky."""
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0.0, 360.0, rows), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, rows)))
    ours, found = best(lambda: hpx29(ra, dec))
    peer, expected = best(lambda: healpy.ang2pix(2**29, ra, dec, nest=True, lonlat=True))
    yield {
        "name": "sky keys in numpy: healpy",
        "ours": rows / ours,
        "peer": rows / peer,
        "unit": "rows/s",
        "ratio": peer / ours,
        # A position within 1e-6 of a cell's border may get either cell.
        "agree": int(np.count_nonzero(found != expected)) <= max(1, rows // 100_000),
    }


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """Best time [s] of some rounds, and the answer."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - began)
    return min(times), answer
