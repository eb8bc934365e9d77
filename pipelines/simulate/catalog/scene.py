"""What is true on some detectors in one visit: places, counts and sizes of all light there."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.blends import swallowed
from skytract.pipelines.simulate.catalog.by_detector import bounds, by_detector, spread
from skytract.pipelines.simulate.catalog.camera import NX, NY, beyond_edge
from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.images import Images, Singles
from skytract.pipelines.simulate.catalog.positions import (
    fall,
    move,
    on_plane,
    refract,
)
from skytract.pipelines.simulate.catalog.sky_table import Indices, SkyTable
from skytract.pipelines.simulate.catalog.targets import Targets, moments_to_pixels
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.catalog.variation import Light, Variation
from skytract.pipelines.simulate.sites import unit_vectors

BLEND_RADIUS = 0.5
"""Objects closer than this part of the seeing's FWHM are measured as one."""

MARGIN = 100.0
"""How far beyond the edge objects are looked at [px]: distortion, motion, refraction."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene(Rows):
    """Light on some detectors of a visit, one entry per object, shape (n,) each.

    Attributes
    ----------
    slot
        Row of the detector in the `Images`, ascending.
    row
        Row of the object in the table of the sky; -1 if it is not there.
    truthId
        Id of the object, of the brightest one in a blend; negative for false detections.
    x, y
        Where the light falls, zero-based px.
    counts
        Expected electrons; 0 of what is seen as part of another.
    change
        Electrons more than at the epoch of the template.
    xx, yy, xy
        Second moments of the object itself [px^2]; 0 for points.
    members
        How many objects are seen as this one.
    """

    slot: Indices
    row: Indices
    truthId: Indices
    x: Floats
    y: Floats
    counts: Floats
    change: Floats
    xx: Singles
    yy: Singles
    xy: Singles
    members: NDArray[np.int16]

    def join(self, other: "Scene") -> "Scene":
        """Return what is in both; on every detector what is in this one comes first."""
        if not len(other.slot):
            return self
        most = 1 + int(max(self.slot[-1:].max(initial=0), other.slot[-1]))
        parts = [*zip(bounds(self.slot, most), bounds(other.slot, most), strict=True)]
        columns = []
        for field in fields(self):
            ours, theirs = getattr(self, field.name), getattr(other, field.name)
            pieces = [p for (a, b), (c, d) in parts for p in (ours[a:b], theirs[c:d])]
            columns.append(np.concatenate(pieces))
        return Scene(*columns)


def look(
    sky: SkyTable, images: Images, response: Response, up: Floats, variation: Variation
) -> Scene:
    """Return what is on some detectors, before close pairs are merged.

    Parameters
    ----------
    sky
        All objects.
    images, response
        The images, and how all detectors of the visit respond to spectra.
    up
        Direction of the zenith, ICRS unit vector.
    variation
        Of what varies in the field.
    """
    rows, slot = near(sky, images)
    targets, axes = sky.targets, images.axes
    seen = axes @ targets.vector.take(rows, axis=0).T
    mjd = float(images.visit["expMidptMJD"])
    move(seen, targets.motion.take(rows, axis=0), targets.parallax.take(rows), mjd, axes)
    spectrum = response.slot.take(targets.sed.take(rows))
    varying = np.flatnonzero(targets.varies.take(rows))
    light = variation.of(rows.take(varying))
    spectrum[varying] = light.spectrum
    spectrum += spread(images.detector * response.refraction.shape[1], slot)
    counts, change, lift = electrons(targets, rows, spectrum, varying, light, response)
    refract(seen, lift, axes @ up)
    x, y, flat = fall(images, on_plane(seen), slot)
    on = np.flatnonzero((beyond_edge(x, y) < 0.0) & (counts > 0.0))
    rows, slot = rows.take(on), slot.take(on)
    gain = flat.take(on) / spread(images.zMean, slot)
    turns = np.stack([moments_to_pixels(matrix) for matrix in images.toPixel]).astype(np.float32)
    xx, yy, xy = by_detector(turns, targets.size.take(rows, axis=0).T, slot)
    return Scene(
        slot,
        rows,
        targets.truthId.take(rows),
        x.take(on),
        y.take(on),
        counts.take(on) * gain,
        change.take(on) * gain,
        xx,
        yy,
        xy,
        np.ones(len(on), np.int16),
    )


def near(sky: SkyTable, images: Images) -> tuple[Indices, Indices]:
    """Return the rows of all objects on or near detectors, and the slots, by EPOCH_MJD."""
    detectors = len(images.detector)
    x = np.tile([-MARGIN, NX + MARGIN, NX + MARGIN, -MARGIN], detectors)
    y = np.tile([-MARGIN, -MARGIN, NY + MARGIN, NY + MARGIN], detectors)
    corners = unit_vectors(*images.to_sky(x, y, np.repeat(np.arange(detectors), 4)))
    found = [sky.rows_within(polygon) for polygon in corners.reshape(detectors, 4, 3)]
    return np.concatenate(found), np.repeat(np.arange(detectors), [len(rows) for rows in found])


def electrons(
    targets: Targets,
    rows: Indices,
    spectrum: Indices,
    varying: Indices,
    light: Light,
    response: Response,
) -> tuple[Floats, Floats, Floats]:
    """Return expected electrons, how many more than in the template, and refraction, (n,) each.

    Flux in standard r x <F>_observed of the spectrum x the object's modulation; companions do not
    vary. The electrons are those under a perfect flat field where one is 1 nJy of a flat spectrum;
    those of the template are what it would give under the passband of now. The refraction [rad per
    tan z] is the mean over all photons, the companion's included.

    Parameters
    ----------
    targets, rows
        All objects, and which of them, shape (n,).
    spectrum
        Places of their spectra on their detectors in the flattened `Response.meanFlux`.
    varying, light
        Which of them vary, and what these shine with.
    response
        How detectors respond to spectra.
    """
    flux = targets.flux.take(rows)
    before = spectrum[varying] + (light.spectrumBefore - light.spectrum)
    template = flux[varying] * light.before * response.meanFlux.take(before)
    flux *= response.meanFlux.take(spectrum)
    flux[varying] *= light.factor
    change = np.zeros(len(flux))
    change[varying] = flux[varying] - template
    companion = targets.companionFlux.take(rows)
    double = np.flatnonzero(companion)
    own, second = (seds.take(rows[double]) for seds in (targets.sed, targets.companionSed))
    there = spectrum[double] + response.slot.take(second) - response.slot.take(own)
    added = companion[double] * response.meanFlux.take(there)
    flux[double] += added
    lift = response.refraction.take(spectrum)
    lift[double] += (response.refraction.take(there) - lift[double]) * added / flux[double]
    return flux, change, lift


def merge(scene: Scene, images: Images) -> Scene:
    """Return a scene in which close pairs are one: counts added, places and sizes averaged.

    What is seen as part of another stays, without light. Detectors are told apart by moving them
    far from each other, in units of the radius within which pairs are merged.
    """
    scale = 1.0 / (BLEND_RADIUS * np.sqrt(8.0 * np.log(2.0)) * images.psfSigma)
    unit, apart = spread(scale, scene.slot), 2.0 * NY * scale.max()
    owner = swallowed(scene.x * unit, scene.y * unit + apart * scene.slot, scene.counts, 1.0)
    lost = np.flatnonzero(owner != np.arange(len(owner)))
    if not len(lost):
        return scene
    changed = ("x", "y", "counts", "change", "xx", "yy", "xy", "members")
    left = replace(scene, **{name: getattr(scene, name).copy() for name in changed})
    into = owner[lost]
    np.add.at(left.counts, into, scene.counts[lost])
    np.add.at(left.change, into, scene.change[lost])
    np.add.at(left.members, into, 1)
    left.counts[lost] = left.members[lost] = 0
    weight = scene.counts[lost] / left.counts[into]
    dx, dy = scene.x[lost] - scene.x[into], scene.y[lost] - scene.y[into]
    grown = np.unique(into)
    np.add.at(left.x, into, weight * dx)
    np.add.at(left.y, into, weight * dy)
    x, y = left.x[grown] - scene.x[grown], left.y[grown] - scene.y[grown]
    moments = {"xx": (dx * dx, x * x), "yy": (dy * dy, y * y), "xy": (dx * dy, x * y)}
    for name, (distance, shift) in moments.items():
        own, total = getattr(scene, name), getattr(left, name)
        np.add.at(total, into, weight * (distance + own[lost] - own[into]))
        total[grown] -= shift
    return left
