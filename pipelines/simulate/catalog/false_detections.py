"""Detections of nothing: cosmic rays that look like sources, and ghosts of bright stars."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.by_detector import bounds, spread
from skytract.pipelines.simulate.catalog.camera import NX, NY
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.randoms import Dice

COSMIC_RAY, GHOST, DIPOLE = -1, -2, -3
"""What stands for the truthId of false detections."""

GHOST_RADIUS = (60.0, 400.0)
"""Distance of ghosts from the brightest star of the detector, px."""

SIGNIFICANCE = (6.0, 60.0)
"""Range of their signal-to-noise ratios."""

STEEPNESS = 1.6
"""Their number falls like the signal-to-noise ratio to the minus this (Jones et al. 2018)."""

COSMIC_RAY_SIZE, GHOST_SIZE = -0.6, 3.0
"""Second moments of the light over those of the PSF, less 1: sharper, and diffuse."""


def false_detections(
    plan: CatalogPlan, images: Images, scene: Scene, dice: Sequence[Dice]
) -> Scene:
    """Draw false detections, half of each sort; ghosts need an object on the detector.

    `dice` are the random numbers of each detector.
    """
    numbers = [int(each.generator.poisson(plan.spurious)) for each in dice]
    drawn = [d.generator.random((5, number)) for d, number in zip(dice, numbers, strict=True)]
    u, slot = np.concatenate(drawn, axis=1), np.repeat(np.arange(len(dice)), numbers)
    star = brightest(scene, len(dice)).take(slot)
    ghost = (u[0] < 0.5) & (star >= 0)
    x, y = u[1] * NX - 0.5, u[2] * NY - 0.5
    distance = GHOST_RADIUS[0] + (GHOST_RADIUS[1] - GHOST_RADIUS[0]) * u[3]
    at, angle = star[ghost], 2.0 * np.pi * u[1]
    x[ghost] = scene.x.take(at) + (distance * np.cos(angle))[ghost]
    y[ghost] = scene.y.take(at) + (distance * np.sin(angle))[ghost]
    least, most = (end ** (1.0 - STEEPNESS) for end in SIGNIFICANCE)
    significance = (least + (most - least) * u[4]) ** (1.0 / (1.0 - STEEPNESS))
    size = np.where(ghost, GHOST_SIZE, COSMIC_RAY_SIZE)
    floor = spread(np.sqrt(images.psfArea * images.variance), slot)
    pxx, pyy, pxy = (size * spread(images.psf.T, slot)).astype(np.float32)
    return Scene(
        slot=slot,
        row=np.full(len(slot), -1),
        truthId=np.where(ghost, GHOST, COSMIC_RAY).astype(np.int64),
        x=x.clip(-0.5, NX - 0.51),
        y=y.clip(-0.5, NY - 0.51),
        counts=significance * floor * (1.0 + size / 2.0),
        change=np.zeros(len(slot)),
        xx=pxx,
        yy=pyy,
        xy=pxy,
        members=np.zeros(len(slot), np.int16),
    )


def brightest(scene: Scene, detectors: int) -> NDArray[np.int64]:
    """Return the row of the brightest object of every detector; -1 where there is none."""
    return np.array(
        [
            first + int(np.argmax(scene.counts[first:last])) if last > first else -1
            for first, last in bounds(scene.slot, detectors)
        ]
    )
