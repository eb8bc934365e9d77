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
    refracted,
    to_plane,
)
from skytract.pipelines.simulate.catalog.sky_table import Indices, SkyTable
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.variability.modulation import modulation

BLEND_RADIUS = 0.5
"""Objects closer than this part of the seeing's FWHM are measured as one."""

HALF_LIGHT = 1.678 / 1.177
"""Width of the round Gaussian that has the half-light radius of an exponential disk, in units of
the disk's scale length."""

_MARGIN = 100.0

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


def look(sky: SkyTable, image: Image, response: Response, up: Floats) -> Scene:
    """Return what is on a detector, before close pairs are merged.

    Parameters
    ----------
    sky
        All objects.
    image, response
        The image, and how its detector responds to spectra.
    up
        Direction of the zenith, ICRS unit vector.
    """
    rows = rows_on(sky, image)
    objects = sky.objects.take(rows)
    plain, changing = electrons(objects, sky.template.take(rows, axis=0), image, response)
    seen = directions(objects, sky.vectors.take(rows, axis=0), float(image.visit["expMidptMJD"]))
    lift = response.refraction[response.slot[objects["sed"]], image.detector]
    x, y, flat = fall(image, refracted(seen, lift, up))
    sizes = disk_moments(objects, image.wcs.cd)
    scene = Scene(
        rows,
        objects["truthId"],
        x,
        y,
        plain * flat,
        changing * flat,
        *sizes,
        np.ones(len(x), np.int16),
    )
    return scene.take(np.flatnonzero((beyond_edge(x, y) < 0.0) & (scene.counts > 0.0)))


def rows_on(sky: SkyTable, image: Image) -> Indices:
    """Return the rows of all objects near a detector, by their positions at EPOCH_MJD."""
    x, y = np.array([[-_MARGIN, NX + _MARGIN, NX + _MARGIN, -_MARGIN]] * 2)
    y = y[[0, 0, 1, 1]]
    rows = sky.rows_within(unit_vectors(*image.wcs.to_sky(x, y)))
    to_px = np.linalg.inv(image.wcs.cd)
    x, y = to_px @ to_plane(image, sky.vectors.take(rows, axis=0))
    x, y = x + image.wcs.reference[0], y + image.wcs.reference[1]  # distortion: 25 px at most
    return rows[beyond_edge(x, y) < _MARGIN]


def electrons(
    objects: NDArray[np.void], template: NDArray[np.float32], image: Image, response: Response
) -> tuple[Floats, Floats]:
    """Return expected electrons now, and how many more than in the template, shape (n,) each.

    Flux in standard r x <F>_observed of the spectrum x the object's modulation; companions do not
    vary.

    Parameters
    ----------
    objects
        Table of `OBJECT`, shape (n,).
    template
        Their modulation at TEMPLATE_MJD in ugrizy, shape (n, 6).
    image, response
        The image, and how its detector responds to spectra.
    """
    mean, band = response.meanFlux[:, image.detector], int(image.visit["band"])
    flux = objects["flux"] * mean[response.slot[objects["sed"]]]
    change = np.zeros(len(objects))
    varying = np.flatnonzero(objects["varKind"] > 0)
    if len(varying):
        now = modulation(objects.take(varying), float(image.visit["expMidptMJD"]), band)
        change[varying] = flux[varying] * (now - template[varying, band])
        flux[varying] *= now
    double = np.flatnonzero(objects["companionSed"] >= 0)
    spectrum = response.slot[objects["companionSed"][double]]
    flux[double] += objects["companionFlux"][double] * mean[spectrum]
    return flux / image.zMean, change / image.zMean


def disk_moments(objects: NDArray[np.void], cd: Floats) -> tuple[Floats, Floats, Floats]:
    """Return second moments [px^2] of disks, shape (n,) each; 0 for points.

    A disk counts as the Gaussian of the same half-light radius. `cd` is the matrix of the WCS.
    """
    moments = np.zeros((3, len(objects)))
    disks = np.flatnonzero(objects["diskScale"] > 0.0)
    angle = np.radians(objects["positionAngle"][disks])
    to_px = np.linalg.inv(cd) / 3600.0
    along = to_px @ np.stack([np.sin(angle), np.cos(angle)])
    square = (HALF_LIGHT * objects["diskScale"][disks].astype(np.float64)) ** 2
    minor = objects["axisRatio"][disks].astype(np.float64) ** 2
    round_ = to_px @ to_px.T
    for k, (i, j) in enumerate(((0, 0), (1, 1), (0, 1))):
        moments[k, disks] = square * (minor * round_[i, j] + (1.0 - minor) * along[i] * along[j])
    return moments[0], moments[1], moments[2]


def merge(scene: Scene, image: Image) -> Scene:
    """Return a scene in which close pairs are one: counts added, places and sizes averaged."""
    radius = BLEND_RADIUS * np.sqrt(8.0 * np.log(2.0)) * image.psfSigma
    owner = swallowed(scene.x, scene.y, scene.counts, radius)
    alone = owner == np.arange(len(owner))
    lost = np.flatnonzero(~alone)
    if not len(lost):
        return scene
    into = owner[lost]
    total = scene.counts.copy()
    np.add.at(total, into, scene.counts[lost])
    weight = scene.counts[lost] / total[into]
    dx, dy = scene.x[lost] - scene.x[into], scene.y[lost] - scene.y[into]
    shift = {name: np.zeros(len(total)) for name in ("x", "y", "xx", "yy", "xy", "change")}
    np.add.at(shift["x"], into, weight * dx)
    np.add.at(shift["y"], into, weight * dy)
    for name, second in (("xx", dx * dx), ("yy", dy * dy), ("xy", dx * dy)):
        own = getattr(scene, name)
        np.add.at(shift[name], into, weight * (second + own[lost] - own[into]))
    np.add.at(shift["change"], into, scene.change[lost])
    shift["xx"] -= shift["x"] ** 2
    shift["yy"] -= shift["y"] ** 2
    shift["xy"] -= shift["x"] * shift["y"]
    members = scene.members.copy()
    np.add.at(members, into, 1)
    moved = {name: getattr(scene, name) + by for name, by in shift.items()}
    merged = Scene(row=scene.row, truthId=scene.truthId, counts=total, members=members, **moved)
    return merged.take(np.flatnonzero(alone))
