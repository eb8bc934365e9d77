"""Raw frames for tests, written as FITS files with overscan, gain, noise and a TAN projection."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from skytract.pipelines.celestial import tangent_wcs
from tests.pipelines.sky import add_gaussians

GAIN, READ_NOISE, BIAS, SKY = 2.0, 6.0, 1000.0, 400.0
NX, NY, OVERSCAN = 200, 190, 32
SIGMA = 1.7


def header_cards(visit: int, detector: int, **changes: Any) -> dict[str, Any]:
    """Cards of a raw frame; a change to None takes a card away."""
    cards: dict[str, Any] = {
        "VISIT": visit,
        "DETECTOR": detector,
        "BAND": "r",
        "FILTER": "r_test",
        "MJDMID": 60000.25,
        "EXPTIME": 30.0,
        "AIRMASS": 1.2,
        "GAIN": GAIN,
        "RDNOISE": READ_NOISE,
        "SATURATE": 60000,
        "BIASSEC": f"[{NX + 1}:{NX + OVERSCAN},1:{NY}]",
        "TRIMSEC": f"[1:{NX},1:{NY}]",
        "RA_PNT": 150.0,
        "DEC_PNT": -2.0,
        "ROTANG": 0.0,
        **dict(tangent_wcs(150.0, -2.0, 0.2, (NY, NX)).to_header()),
    }
    cards |= changes
    return {key: value for key, value in cards.items() if value is not None}


def stars(seed: int, n: int = 30) -> dict[str, Any]:
    """True positions and electrons of stars that do not blend."""
    rng = np.random.default_rng(seed)
    cells = rng.permutation(36)[:n]
    x = 30 * (cells % 6) + rng.uniform(20, 30, n)
    y = 28 * (cells // 6) + rng.uniform(20, 30, n)
    return {"x": x, "y": y, "flux": np.exp(rng.uniform(np.log(2e3), np.log(2e5), n))}


def raw_pixels(seed: int, truth: dict[str, Any] | None = None) -> Any:
    """Raw adu, uint16, shape (NY, NX + OVERSCAN), of a field of stars."""
    rng = np.random.default_rng(seed)
    truth = stars(seed) if truth is None else truth
    light = np.full((NY, NX), SKY)
    add_gaussians(light, truth["x"], truth["y"], truth["flux"], SIGMA)
    electrons = np.zeros((NY, NX + OVERSCAN))
    electrons[:, :NX] = rng.poisson(light)
    electrons += rng.normal(0, READ_NOISE, electrons.shape)
    return np.clip(np.rint(electrons / GAIN + BIAS), 0, 65535).astype(np.uint16)


def write_raw(
    folder: Path, visit: int = 7, detector: int = 3, pixels: Any = None, **changes: Any
) -> Path:
    """Write a raw frame and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"visit_{visit}_det_{detector}.fits"
    data = raw_pixels(visit * 10 + detector) if pixels is None else pixels
    header = fits.Header(header_cards(visit, detector, **changes))
    fits.PrimaryHDU(data, header).writeto(path)
    return path
