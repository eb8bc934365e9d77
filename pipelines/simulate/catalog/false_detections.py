"""Detections of nothing: cosmic rays that look like sources, and ghosts of bright stars."""

import numpy as np

from skytract.pipelines.simulate.catalog.camera import NX, NY
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene

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
    plan: CatalogPlan, image: Image, scene: Scene, rng: np.random.Generator
) -> Scene:
    """Draw false detections, half of each sort; ghosts need an object on the detector."""
    number = int(rng.poisson(plan.spurious))
    u = rng.random((5, number))
    ghost = (u[0] < 0.5) & (len(scene.x) > 0)
    x, y = u[1] * NX - 0.5, u[2] * NY - 0.5
    if len(scene.x):
        star = int(np.argmax(scene.counts))
        distance = GHOST_RADIUS[0] + (GHOST_RADIUS[1] - GHOST_RADIUS[0]) * u[3]
        angle = 2.0 * np.pi * u[1]
        x = np.where(ghost, scene.x[star] + distance * np.cos(angle), x).clip(-0.5, NX - 0.51)
        y = np.where(ghost, scene.y[star] + distance * np.sin(angle), y).clip(-0.5, NY - 0.51)
    least, most = (end ** (1.0 - STEEPNESS) for end in SIGNIFICANCE)
    significance = (least + (most - least) * u[4]) ** (1.0 / (1.0 - STEEPNESS))
    size = np.where(ghost, GHOST_SIZE, COSMIC_RAY_SIZE)
    counts = significance * np.sqrt(image.psfArea * image.variance) * (1.0 + size / 2.0)
    pxx, pyy, pxy = image.psf
    return Scene(
        row=np.full(number, -1),
        truthId=np.where(ghost, GHOST, COSMIC_RAY).astype(np.int64),
        x=x,
        y=y,
        counts=counts,
        change=np.zeros(number),
        xx=size * pxx,
        yy=size * pyy,
        xy=size * pxy,
        members=np.zeros(number, np.int16),
    )
