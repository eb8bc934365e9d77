"""Extendedness: a share of the flux, and significant; unknown where nothing is known."""

import numpy as np

from skytract.pipelines.classify_sources import classify_sources


def test_share_and_significance() -> None:
    psf = np.array([100.0, 90.0, 90.0, 99.0, 110.0])
    gaussian = np.full(5, 100.0)
    error = np.array([1.0, 1.0, 9.0, 0.01, 1.0])
    result = classify_sources(psf, gaussian, error, np.zeros(5, bool))
    assert result.tolist() == [0, 1, 0, 0, 0]


def test_unknown() -> None:
    psf = np.array([100.0, np.nan, -5.0, 100.0])
    gaussian = np.array([np.nan, 100.0, 3.0, 100.0])
    flag = np.array([False, False, False, True])
    assert np.isnan(classify_sources(psf, gaussian, np.ones(4), flag)).all()
