"""Joint photometry of a simulated survey: zero points and repeatability, against truth and noise.

90 visits of 4 detectors in ugrizy, where airmass, water, ozone and aerosols vary from visit to
visit, passbands by 1 nm rms from detector to detector, and flat fields are off by 0.4 %. Every
source is in its true match group. Zero points are fitted with the stars' true SEDs, with inferred
ones (two passes of colours, inference, fit), and with flat ones. Repeatability is that of held-out
stars, made from counts by the stored solution.

- `closed_loop.BAND.given`, `.inferred`: repeatability of stars of signal-to-noise ratio 100 over
  what noise allows, against 1.05, 1.10, and what chance adds to so many measurements.
- `closed_loop.BAND.zero_points`: rms error with inferred SEDs, against 1 mmag.
- `closed_loop.BAND.without_kappa`: repeatability with flat SEDs, over noise, of stars whose noise
  is below 3 mmag, against 1.3 in g: so much is there to be taken out. The ratio is ours / 1.3.
- `closed_loop.BAND.DP1`: repeatability of these with inferred SEDs, against that of Rubin's Data
  Preview 1 (RTN-095), whose stars, of signal-to-noise ratio 100, have noise of their own.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.closed_loop_scatter import (
    Scatter,
    formal_error,
    measure_stars,
    scatter,
    zero_point_errors,
)
from bench.closed_loop_survey import SEDS, Connection, fill, fit_all
from bench.load_data import fresh_database
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.pipelines.simulate.catalog.plan import CatalogPlan

PLAN = CatalogPlan(
    seed=7, radius=0.12, visits=90, detectors=4, faintest=21.0, forcedFaintest=14.5,
    minorPlanets=6.0, spurious=2.0, badVisits=0.0,
)  # fmt: skip
DP1 = dict(zip("ugrizy", (7.1, 5.4, 5.4, 5.1, 5.9, 6.5), strict=True))
"""Repeatability [mmag] of bright stars in Rubin's Data Preview 1 (RTN-095)."""

BRIGHT, BRIGHTER = 100.0, 2500.0 / np.log(10.0) / 3.0
"""Mean signal-to-noise ratios of stars: of those that RTN-095 measures, and of noise of 3 mmag."""


def run(plan: CatalogPlan = PLAN) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    name = "bench_closed_loop"
    with tempfile.TemporaryDirectory() as folder, fresh_database(name) as owner:
        survey = Path(folder) / "survey"
        fill(owner, lambda role: connect(role, dbname=name), survey, plan)
        fit_all(owner)
        for band in plan.bands:
            yield from measure_band(owner, survey, band)


def measure_band(owner: Connection, survey: Path, band: str) -> Iterator[Measure]:
    """Measure one band of a survey that was fitted."""
    seen = {kind: measure_stars(owner, kind, band) for kind in SEDS}
    bright, brighter = (
        {kind: scatter(stars, limit) for kind, stars in seen.items()}
        for limit in (BRIGHT, BRIGHTER)
    )
    for kind, limit in (("given", 1.05), ("inferred", 1.1)):
        one, chance = bright[kind], 2.0 / np.sqrt(2.0 * bright[kind].n)
        note = f"{_describe(one)}, flat SEDs {bright['flat'].rms:.2f}; chance {chance:.2f}"
        ours = one.rms / one.noise
        yield _measure(f"{band}.{kind}", ours, limit, "x noise", ours < limit + chance, note)
    off = zero_point_errors(owner, survey, "inferred", band)
    rms, expected = float(np.std(off)), formal_error(owner, "inferred", band)
    note = f"mean {np.mean(off):+.2f}; {len(off)} visit-detectors, formal error {expected:.2f}"
    yield _measure(f"{band}.zero_points", rms, 1.0, "mmag", rms < 1.0, note)
    flat, ours = brighter["flat"], brighter["flat"].rms / brighter["flat"].noise
    made = _measure(
        f"{band}.without_kappa", ours, 1.3, "x noise", band != "g" or ours > 1.3, _describe(flat)
    )
    yield {**made, "ratio": ours / 1.3}
    one = brighter["inferred"]
    yield _measure(f"{band}.DP1", one.rms, DP1[band], "mmag", one.rms < DP1[band], _describe(one))


def _describe(found: Scatter) -> str:
    return f"{found.rms:.2f} mmag, noise {found.noise:.2f}, {found.n} measurements"


def _measure(name: str, ours: float, peer: float, unit: str, agree: bool, note: str) -> Measure:
    return {
        "name": f"closed_loop.{name}", "ours": ours, "peer": peer, "unit": unit,
        "ratio": peer / ours, "agree": bool(agree), "note": note,
    }  # fmt: skip
