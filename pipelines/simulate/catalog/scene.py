"""What is true on one detector in one visit: places, counts and sizes of all light there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.blends import swallowed
from skytract.pipelines.simulate.catalog.camera import NX, beyond_edge
from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.positions import (
    directions,
    fall,
    on_plane,
    refracted,
)
from skytract.pipelines.simulate.catalog.sky_table import Indices, SkyTable
from skytract.pipelines.simulate.catalog.targets import Targets, pixel_moments
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.catalog.variation import Variation
from skytract.pipelines.simulate.sites import tangent_axes, unit_vectors

BLEND_RADIUS = 0.5
"""Objects closer than this part of the seeing's FWHM are measured as one."""

MARGIN = 100.0
"""How far beyond the edge objects are looked at [px]: distortion, motion, refraction."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene(Rows):
    """Light on a detector, one entry per object, shape (n,) each.

    Attributes
    ----------
    row
        Row of the object in the table of the sky; -1 if it is not there.
    truthId
        Id of the object, of the brightest one in a blend; negative for false detections.
    x, y
        Where the light falls, zero-based px.
    counts
        Expected electrons.
    change
        Electrons more than at the epoch of the template.
    xx, yy, xy
        Second moments of the object itself [px^2]; 0 for points.
    members
        How many objects are seen as this one.
    """

    row: Indices
    truthId: Indices
    x: Floats
    y: Floats
    counts: Floats
    change: Floats
    xx: Floats
    yy: Floats
    xy: Floats
    members: NDArray[np.int16]


def look(
    sky: SkyTable, image: Image, response: Response, up: Floats, variation: Variation
) -> Scene:
    """Return what is on a detector, before close pairs are merged.

    Parameters
    ----------
    sky
        All objects.
    image, response
        The image, and how its detector responds to spectra.
    up
        Direction of the zenith, ICRS unit vector.
    variation
        Of what varies in the field.
    """
    axes = tangent_axes(image.wcs.ra, image.wcs.dec)
    rows = rows_on(sky, image, axes)
    targets = sky.targets.take(rows)
    spectrum = response.slot.take(targets.sed)
    mjd = float(image.visit["expMidptMJD"])
    seen = directions(targets.vector, targets.motion, targets.parallax, mjd, axes)
    lift = response.refraction[image.detector].take(spectrum)
    x, y, flat = fall(image, on_plane(refracted(seen, lift, axes @ up)))
    counts, change = electrons(targets, variation.of(rows, targets), image, response)
    on = np.flatnonzero((beyond_edge(x, y) < 0.0) & (counts > 0.0))
    flat = flat.take(on)
    return Scene(
        rows.take(on),
        targets.truthId.take(on),
        x.take(on),
        y.take(on),
        counts.take(on) * flat,
        change.take(on) * flat,
        *pixel_moments(targets.size.take(on, axis=0), image.wcs.to_pixel),
        np.ones(len(on), np.int16),
    )


def rows_on(sky: SkyTable, image: Image, axes: Floats) -> Indices:
    """Return the rows of all objects near a detector, by their positions at EPOCH_MJD.

    `axes` are the `tangent_axes` of its WCS.
    """
    x, y = np.array([[-MARGIN, NX + MARGIN, NX + MARGIN, -MARGIN]] * 2)
    y = y[[0, 0, 1, 1]]
    rows = sky.rows_within(unit_vectors(*image.wcs.to_sky(x, y)))
    plane = on_plane(axes @ sky.targets.vector.take(rows, axis=0).T)
    return rows[image.reaches(plane, MARGIN)]


def electrons(
    targets: Targets, factors: tuple[Indices, Floats, Floats], image: Image, response: Response
) -> tuple[Floats, Floats]:
    """Return expected electrons now, and how many more than in the template, shape (n,) each.

    Flux in standard r x <F>_observed of the spectrum x the object's modulation; companions do not
    vary.

    Parameters
    ----------
    targets
        Objects, shape (n,).
    factors
        Which of them vary, by what factor, and by how much it differs from the template's.
    image, response
        The image, and how its detector responds to spectra.
    """
    mean = response.meanFlux[image.detector] / image.zMean
    flux = targets.flux * mean.take(response.slot.take(targets.sed))
    change = np.zeros(len(flux))
    varying, factor, differs = factors
    change[varying] = flux[varying] * differs
    flux[varying] *= factor
    double = np.flatnonzero(targets.companionFlux)
    spectrum = response.slot.take(targets.companionSed[double])
    flux[double] += targets.companionFlux[double] * mean.take(spectrum)
    return flux, change


def merge(scene: Scene, image: Image) -> Scene:
    """Return a scene in which close pairs are one: counts added, places and sizes averaged."""
    radius = BLEND_RADIUS * np.sqrt(8.0 * np.log(2.0)) * image.psfSigma
    owner = swallowed(scene.x, scene.y, scene.counts, radius)
    alone = owner == np.arange(len(owner))
    lost = np.flatnonzero(~alone)
    if not len(lost):
        return scene
    into = owner[lost]
    left = scene.take(np.flatnonzero(alone))
    at = (np.cumsum(alone) - 1)[into]
    np.add.at(left.counts, at, scene.counts[lost])
    np.add.at(left.change, at, scene.change[lost])
    np.add.at(left.members, at, 1)
    weight = scene.counts[lost] / left.counts[at]
    dx, dy = scene.x[lost] - scene.x[into], scene.y[lost] - scene.y[into]
    grown = np.unique(at)
    x, y = left.x[grown], left.y[grown]
    np.add.at(left.x, at, weight * dx)
    np.add.at(left.y, at, weight * dy)
    x, y = left.x[grown] - x, left.y[grown] - y
    moments = {"xx": (dx * dx, x * x), "yy": (dy * dy, y * y), "xy": (dx * dy, x * y)}
    for name, (apart, shift) in moments.items():
        own, total = getattr(scene, name), getattr(left, name)
        np.add.at(total, at, weight * (apart + own[lost] - own[into]))
        total[grown] -= shift
    return left
