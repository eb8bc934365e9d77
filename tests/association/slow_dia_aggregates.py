"""Statistics of one light curve as textbooks write them, point by point: an oracle."""

import statistics
from itertools import pairwise
from typing import Any

import numpy as np

Point = tuple[float, float, float]


def slow_dia_aggregates(points: list[Point]) -> dict[str, Any]:
    """Return the psfFlux statistics of (time, flux, error); None where undefined."""
    good = [p for p in points if np.isfinite(p).all() and p[2] > 0]
    good.sort(key=lambda p: p[0])
    n, flux = len(good), [f for _, f, _ in good]
    found: dict[str, Any] = dict.fromkeys(NAMES)
    found["Ndata"] = n
    if n == 0:
        return found
    weights = [1 / s**2 for _, _, s in good]
    mean = sum(w * f for w, f in zip(weights, flux, strict=True)) / sum(weights)
    found |= {
        "Mean": mean,
        "MeanErr": sum(weights) ** -0.5,
        "ErrMean": statistics.fmean(s for _, _, s in good),
        "Chi2": sum(((f - mean) / s) ** 2 for _, f, s in good),
        "Min": min(flux),
        "Max": max(flux),
        "MAD": statistics.median(abs(f - statistics.median(flux)) for f in flux),
    }
    for p in (5, 25, 50, 75, 95):
        found[f"Percentile{p:02d}"] = float(np.percentile(flux, p))
    if n > 1:
        found["Sigma"] = statistics.stdev(flux)
        found["StetsonJ"] = _stetson_j(good)
    if n > 2 and found["Sigma"] > 0:
        cubes = sum(((f - statistics.fmean(flux)) / found["Sigma"]) ** 3 for f in flux)
        found["Skew"] = n / ((n - 1) * (n - 2)) * cubes
    steps = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(good) if b[0] > a[0]]
    if steps:
        found["MaxSlope"] = max(steps)
        times = np.array([t for t, _, _ in good])
        slope, level = np.polyfit(times - 60000.0, flux, 1, w=np.sqrt(weights))
        found["LinearSlope"], found["LinearIntercept"] = slope, level - slope * 60000.0
    return found


NAMES = (
    "Ndata Mean MeanErr Sigma ErrMean Chi2 Min Max Percentile05 Percentile25 Percentile50 "
    "Percentile75 Percentile95 MAD Skew MaxSlope LinearSlope LinearIntercept StetsonJ"
).split()


def _stetson_j(points: list[Point]) -> float:
    flux, err = (np.array([p[i] for p in points]) for i in (1, 2))
    mu, factor = np.average(flux, weights=err**-2), np.sqrt(len(flux) / (len(flux) - 1))
    for _ in range(20):
        weights = err**-2 / (1 + (factor * (flux - mu) / err / 2) ** 2)
        last, mu = mu, np.average(flux, weights=weights)
        if abs(mu - last) < 1e-6 / np.sqrt((err**-2).sum()):
            break
    excess = (factor * (flux - mu) / err) ** 2 - 1
    return float(np.mean(np.sign(excess) * np.sqrt(np.abs(excess))))
