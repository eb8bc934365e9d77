"""The simulated sky: objects drawn per second on one core.

`sky_model.<limit>` draws cells to a limiting magnitude, against the 200,000 objects per second
that a survey of 10^7 rows needs, and against what no sky can do without: ten random numbers per
object, a sort by id, and the position of every id.
"""

import time
from collections.abc import Iterator

import healpy
import numpy as np

from bench.measure import Measure
from skytract.pipelines.simulate.objects import POSITION_ORDER, join
from skytract.pipelines.simulate.sky import objects_in_cell
from skytract.pipelines.simulate.templates import templates

NEEDED = 200_000.0
"""Objects per second."""

FIRST_CELL = 300_000
"""At galactic latitude -62: mostly galaxies."""


def run(cells: int = 20) -> Iterator[Measure]:
    """Draw so many cells, to r = 24.5 and to r = 27."""
    templates()
    numbers = range(FIRST_CELL, FIRST_CELL + cells)
    for limit in (24.5, 27.0):
        ours, floor, count = np.inf, np.inf, 0
        for _ in range(3):
            began = time.process_time()
            drawn = [objects_in_cell(1, cell, limit) for cell in numbers]
            ours = min(ours, time.process_time() - began)
            count = sum(len(objects) for objects in drawn)
            began = time.process_time()
            for objects in drawn:
                least_work(len(objects))
            floor = min(floor, time.process_time() - began)
        again = [objects_in_cell(1, cell, limit) for cell in reversed(numbers)]
        agree = join(again[::-1]).tobytes() == join(drawn).tobytes()
        yield measure(f"sky_model.{limit}: what is asked for", count / ours, NEEDED, agree)
        yield measure(f"sky_model.{limit}: random numbers, ids", count / ours, count / floor, agree)


def least_work(number: int) -> None:
    """Draw random numbers for so many objects, sort ids and turn them into positions."""
    uniforms = np.random.Generator(np.random.Philox(1)).random((number, 10))
    ids = np.sort((uniforms[:, 0] * 12 * 4**POSITION_ORDER).astype(np.int64))
    healpy.pix2ang(1 << POSITION_ORDER, ids, nest=True, lonlat=True)


def measure(name: str, ours: float, peer: float, agree: bool) -> Measure:
    """Return a measure of rates; more is better."""
    return Measure(
        name=name, ours=ours, peer=peer, unit="objects/s", ratio=ours / peer, agree=agree
    )
