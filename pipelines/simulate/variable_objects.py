"""Pulsating stars and transients as objects of the sky, with places, motions, spectra and dust."""

import healpy
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.attenuation import RED_EXTINCTION
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.milky_way import FAR, reddening, total_reddening
from skytract.pipelines.simulate.objects import POSITION_ORDER, empty
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.stars import set_motions
from skytract.pipelines.simulate.templates import stars_of_colour, templates
from skytract.pipelines.simulate.transients import draw_transients
from skytract.pipelines.simulate.variability.pulsators import draw_pulsators

VARYING = ["flux", "varKind", "period", "epochOfMax", "varParams"]


def draw_pulsating(cell: Cell, limit: float) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Draw the pulsating stars of a cell; they are so few that none is left out for `limit`.

    Returns
    -------
    objects, indices
        Without ids and positions; HEALPix indices of order 29, shape (n,).
    """
    rng = cell.generator(Stream.PULSATORS)
    drawn = draw_pulsators(rng, cell.direction, cell.area, cell.boost)
    uniforms = rng.random((len(drawn), 4))
    stars = empty(len(drawn), "star")
    for name in VARYING:
        stars[name] = drawn[name]
    dust = np.interp(drawn["distance"], FAR, reddening(cell.direction, FAR))
    stars["flux"] *= 10.0 ** (-0.4 * RED_EXTINCTION * dust)
    stars["sed"] = stars_of_colour(drawn["gr"], dust)
    normal = ndtri(uniforms[:, :3] * (1.0 - 2e-16) + 1e-16)
    component = drawn["component"].astype(np.int64)
    set_motions(stars, cell.direction, component, drawn["distance"], normal)
    return stars, cell.inside(uniforms[:, 3])


def draw_events(
    cell: Cell, hosts: NDArray[np.void], indices: NDArray[np.int64]
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Draw the supernovae and disruptions in the galaxies of a cell.

    Parameters
    ----------
    cell
        The cell.
    hosts, indices
        Its galaxies, in the order in which they were drawn, and where they lie, shape (n,).

    Returns
    -------
    objects, indices
        Without ids and positions; HEALPix indices of order 29, shape (m,): odd ones, for an event
        in the middle of its host shall not push it away.
    """
    rng = cell.generator(Stream.TRANSIENTS)
    drawn, host, east, north = draw_transients(rng, hosts)
    events = empty(len(drawn), "transient")
    for name in VARYING:
        events[name] = drawn[name]
    dust = total_reddening(cell.direction)
    events["flux"] *= 10.0 ** (-0.4 * RED_EXTINCTION * dust)
    events["sed"] = templates().grids["transient"].index(np.zeros(len(drawn), np.int64), dust)
    events["redshift"] = hosts["redshift"][host]
    ra, dec = healpy.pix2ang(1 << POSITION_ORDER, indices[host], nest=True, lonlat=True)
    dec = np.clip(dec + north / 3600.0, -89.9999, 89.9999)
    ra = ra + east / 3600.0 / np.cos(np.radians(dec))
    places = healpy.ang2pix(1 << POSITION_ORDER, ra, dec, nest=True, lonlat=True)
    return events, places | 1
