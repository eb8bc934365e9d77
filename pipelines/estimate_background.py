"""Background estimation and subtraction on one detector (LDM-151 5.1.1.9, 8.7)."""

from dataclasses import replace

import numpy as np
import sep

from skytract.pipelines.exposure import UNUSABLE, BackgroundModel, BoolArray, Exposure

DEFAULT_MESH = 128
"""Cells [pixel]; far larger than stars, smaller than the structure of the sky."""
FILTER_CELLS = 3
"""The grid of cells is smoothed by a median over this many cells on a side."""


def estimate_background(
    exposure: Exposure, mesh: int = DEFAULT_MESH, sources: BoolArray | None = None
) -> BackgroundModel:
    """Measure the background in cells and interpolate between them.

    Each cell gives the clipped mode of its pixels, cells are median-filtered, and a bicubic
    spline runs through them (Bertin & Arnouts 1996, A&AS 117, 393, section 2).

    Parameters
    ----------
    exposure : Exposure
    mesh : int, pixel
        Side of a cell; at most the image's shorter side.
    sources : ndarray of bool, shape (ny, nx), optional
        Pixels of sources, left out beside the unusable ones.

    Returns
    -------
    BackgroundModel
        Level and noise [electron]. Where no pixel is left at all, the level is the median of
        the usable ones.
    """
    mask = exposure.flagged(UNUSABLE)
    if sources is not None and not (mask | sources).all():
        mask = mask | sources
    cell = min(mesh, *exposure.shape)
    model = sep.Background(
        exposure.image, mask=mask, bw=cell, bh=cell, fw=FILTER_CELLS, fh=FILTER_CELLS
    )
    return BackgroundModel(
        level=np.asarray(model.back(), np.float32),
        rms=np.asarray(model.rms(), np.float32),
        mesh=cell,
    )


def subtract_background(exposure: Exposure, model: BackgroundModel) -> Exposure:
    """Subtract a background and remember it; unusable pixels without a value stay at 0."""
    empty = (exposure.image == 0) & exposure.flagged(UNUSABLE)
    image = np.where(empty, np.float32(0), exposure.image - model.level)
    return replace(exposure, image=image, backgrounds=(*exposure.backgrounds, model))
