"""What is measured differs from the truth by its stated errors."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def joined(tiny):
    """Sources of single objects beside their truth, the deliberately wrong ones left out."""
    both = tiny.joined("Source", "sourceId")
    clean = (both["truthId"] > 0) & ~both["isOutlier"] & (both["members"] == 1)
    return both[clean & ~both["pixelFlags_saturated"]]


def width(pulls):
    """Return the standard deviation and its own error, of pulls without the far tails."""
    return np.std(pulls), 1.0 / np.sqrt(2.0 * len(pulls))


def test_every_source_has_its_truth(tiny):
    sources, truth = tiny.table("Source"), tiny.table("TruthSource")
    assert sorted(sources["sourceId"]) == sorted(truth["sourceId"])
    known = set(tiny.table("TruthObject")["truthId"])
    assert set(truth["truthId"][truth["truthId"] > 0]) <= known
    assert set(tiny.table("TruthObject")["sed"]) <= set(tiny.table("TruthSed")["sed"])
    assert len(sources) == pytest.approx(1e4, rel=0.5)


@pytest.mark.parametrize(
    ("value", "error", "true"),
    [
        ("x", "xErr", "xTrue"),
        ("y", "yErr", "yTrue"),
        ("psfInstFlux", "psfInstFluxErr", "psfInstFluxTrue"),
    ],
)
def test_pulls_have_unit_width(joined, value, error, true):
    # What is detected at all was selected by its noise: far above the threshold nothing was.
    bright = joined[joined["psfInstFluxTrue"] > 10.0 * joined["psfInstFluxErr"]]
    pulls = (bright[value] - bright[true]) / bright[error]
    measured, noise = width(pulls)
    assert abs(measured - 1.0) < 0.02 + 3.0 * noise
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(len(pulls))


def test_errors_of_x_and_y_are_correlated_as_stated(joined):
    bright = joined[joined["psfInstFluxTrue"] > 10.0 * joined["psfInstFluxErr"]]
    dx, dy = bright["x"] - bright["xTrue"], bright["y"] - bright["yTrue"]
    det = (bright["xErr"] * bright["yErr"]) ** 2 - bright["x_y_Cov"] ** 2
    chi2 = (
        (bright["yErr"] * dx) ** 2 + (bright["xErr"] * dy) ** 2 - 2.0 * bright["x_y_Cov"] * dx * dy
    ) / det
    assert np.mean(chi2) == pytest.approx(2.0, abs=4.0 * np.sqrt(4.0 / len(chi2)))
