import numpy as np
import pytest

from skytract.pipelines.simulate.fluxes import fluxes_at
from skytract.pipelines.simulate.objects import EPOCH_MJD, empty
from skytract.pipelines.simulate.templates import standard_fluxes, templates
from skytract.pipelines.simulate.variability.kinds import kind_index


def test_the_primary_varies_and_its_companion_does_not():
    """A star that is wholly covered for a moment leaves the companion's light alone."""
    star = empty(1, "star")
    star["flux"], star["companionFlux"] = 100.0, 40.0
    star["sed"] = star["companionSed"] = templates().grids["dwarf"].start
    star["varKind"] = kind_index("eclipsing")
    star["varParams"] = [5.0, 0.1, 1.0, 1.0, 0.01, 0.0]  # a cold companion, as large
    star["period"], star["epochOfMax"] = 1.0, EPOCH_MJD
    for band in range(6):
        outside, covered = (fluxes_at(star, EPOCH_MJD + phase, band)[0] for phase in (0.0, 0.25))
        mean = standard_fluxes(star)[0, band]
        constant = mean * 40.0 / 140.0
        assert covered == pytest.approx(constant, rel=1e-6)
        # Out of eclipse the star is brighter than its mean by what the eclipses take: 2.3 w.
        assert (outside - constant) / (mean - constant) == pytest.approx(
            1.0 / (1 - 0.0229), rel=1e-3
        )


def test_constant_objects_keep_their_flux():
    stars = empty(3, "star")
    stars["flux"] = [1.0, 20.0, 300.0]
    np.testing.assert_array_equal(fluxes_at(stars, 60123.4, 1), standard_fluxes(stars)[:, 1])
