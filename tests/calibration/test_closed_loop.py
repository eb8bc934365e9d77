"""A simulated survey, with air and passbands that vary: zero points and repeatability."""

from pathlib import Path

import numpy as np
import pytest

from bench import closed_loop_survey as closed_loop
from bench.closed_loop_scatter import repeatability, zero_point_errors
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from tests.fix_db import Connect

PLAN = CatalogPlan(
    seed=7, radius=0.06, visits=21, detectors=4, bands="gri", faintest=19.0, forcedFaintest=14.5,
    minorPlanets=6.0, spurious=1.0, badVisits=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def loop(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory):
    """Connection to a survey that was fitted with flat, given and inferred SEDs; its folder."""
    owner, survey = module_connect("owner"), tmp_path_factory.mktemp("loop") / "survey"
    closed_loop.fill(owner, module_connect, survey, PLAN)
    closed_loop.fit_all(owner, passes=1)
    return owner, survey


@pytest.mark.parametrize("band", PLAN.bands)
def test_repeatability_is_what_noise_allows(loop: tuple[closed_loop.Connection, Path], band: str):
    """5 % with given and 10 % with inferred SEDs, and what chance adds to some 500 numbers."""
    owner, _ = loop
    given, inferred = (repeatability(owner, kind, band) for kind in ("given", "inferred"))
    chance = 2 / np.sqrt(2 * given.n)
    assert given.n > 300
    assert given.rms / given.noise < 1.05 + chance
    assert inferred.rms / inferred.noise < 1.10 + chance


@pytest.mark.parametrize("kind", ["given", "inferred"])
@pytest.mark.parametrize("band", PLAN.bands)
def test_zero_points_are_right_to_a_millimagnitude(
    loop: tuple[closed_loop.Connection, Path], kind: str, band: str
):
    off = zero_point_errors(*loop, kind, band)
    assert len(off) >= 10
    assert np.std(off) < 1.0
    # 0.01 mag per reference star of which there are hundreds; five of their standard errors.
    assert abs(np.mean(off)) < 5 * 13 / np.sqrt(300)


def test_without_kappa_it_is_worse(loop: tuple[closed_loop.Connection, Path]):
    owner, _ = loop
    flat, given = (repeatability(owner, kind, "g", min_snr=300) for kind in ("flat", "given"))
    # Not by much: the stars are of much the same colours, whose mean is in the zero points.
    assert flat.rms > 1.1 * max(flat.noise, given.rms)
    right, wrong = (np.std(zero_point_errors(*loop, kind, "g")) for kind in ("given", "flat"))
    assert wrong > 5 * right
