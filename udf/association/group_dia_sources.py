"""DiaObjects of many visits at once, as if the visits had come one by one (LDM-151 8.24.5)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.dia_sums import Floats
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.association.match_dia_sources import choose_pairs, positions
from skytract.udf.association.mean_dia_positions import COLUMNS, mean_of_terms, position_terms
from skytract.udf.association.pair_dia_objects import near_pairs

Integers = NDArray[np.int64]

NONE = -1
"""No object: ids are not negative."""


def group_dia_sources(
    visit: ArrayLike,
    source_id: ArrayLike,
    hpx29: ArrayLike,
    chain: ArrayLike,
    mjd: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    ra_err: ArrayLike,
    dec_err: ArrayLike,
    ra_dec_cov: ArrayLike,
    moving_source_id: ArrayLike,
    moving_id: ArrayLike,
    moving_ra: ArrayLike,
    moving_dec: ArrayLike,
    moving_ra_err: ArrayLike,
    moving_dec_err: ArrayLike,
    radius_arcsec: float,
) -> tuple[list[int | None], list[int | None]]:
    """Return for each DiaSource its DiaObject and its moving object, of which it has one.

    The visits are taken in order of time. Each is matched, by `match_dia_sources`, to the mean
    positions (`mean_dia_positions`) of the DiaObjects so far and to the predicted positions of
    moving objects; what remains founds DiaObjects: their ids are the `hpx29` of the founder, or the
    next free number. The order of the rows does not matter.

    Parameters
    ----------
    visit : array_like of int, shape (n,)
        Number of the visit in order of time.
    source_id, hpx29 : array_like of int, shape (n,)
        DiaSource, unique, and its sky key.
    chain : array_like of int, shape (n,)
        Sources whose positions hang together by steps of two radii have one number: a source can
        meet no DiaObject of another chain. One number for all is right, and slow.
    mjd : array_like, shape (n,)
        Time [d, MJD TAI].
    ra, dec, ra_err, dec_err, ra_dec_cov : array_like, shape (n,)
        ICRS position, errors (that of ra times cos(dec)) [deg] and covariance [deg^2].
    moving_source_id, moving_id : array_like of int, shape (m,)
        Pairs of a DiaSource and a moving object predicted near it in its visit.
    moving_ra, moving_dec, moving_ra_err, moving_dec_err : array_like, shape (m,)
        The predicted positions and their errors [deg].
    radius_arcsec : float
        Farthest that a source may lie from its object [arcsec], in (0, 60].

    Returns
    -------
    diaObjectId, ssObjectId : lists of int or None, length n

    Raises
    ------
    ValueError
        As `near_pairs`, if too many objects lie near the sources of one visit.

    Examples
    --------
    >>> none, rest = [None] * 3, ([], [], [], [], [], [])
    >>> group_dia_sources([1, 2, 3], [7, 8, 9], [70, 80, 90], [1] * 3, [1, 2, 3],
    ...                   [10, 10.0001, 10.001], [0] * 3, none, none, none, *rest, 1.0)
    ([70, 70, 90], [None, None, None])
    """
    visits, ids = np.asarray(visit, np.int64), np.asarray(source_id, np.int64)
    order = np.lexsort((ids, visits))
    sources = _Sources(
        ids[order],
        np.asarray(hpx29, np.int64)[order],
        np.asarray(chain, np.int64)[order],
        positions(ra, dec, ra_err, dec_err)[order],
        position_terms(mjd, ra, dec, ra_err, dec_err, ra_dec_cov)[order],
    )
    place = _places(ids[order], np.asarray(moving_source_id, np.int64))
    by_place = np.argsort(place, kind="stable")
    moving = _Moving(
        place[by_place],
        np.asarray(moving_id, np.int64)[by_place],
        positions(moving_ra, moving_dec, moving_ra_err, moving_dec_err)[by_place],
    )
    survey = _Survey(sources, moving, chord(radius_arcsec))
    starts = np.unique(visits[order], return_index=True)[1].tolist()
    for first, end in pairwise([*starts, len(ids)]):
        survey.add_visit(np.arange(first, end))
    back = np.argsort(order)
    return _nullable(survey.dia_object[back]), _nullable(survey.moving_object[back])


def _places(ids: Integers, wanted: Integers) -> NDArray[np.intp]:
    """Return where in `ids` each of the wanted ones is."""
    order = np.argsort(ids)
    return np.asarray(order[np.searchsorted(ids, wanted, sorter=order)], dtype=np.intp)


def _nullable(ids: Integers) -> list[int | None]:
    """Return a list with None for NONE."""
    return [None if i == NONE else i for i in ids.tolist()]


@dataclass(frozen=True)
class _Sources:
    """All DiaSources, by visit and id."""

    ids: Integers
    hpx29: Integers
    chain: Integers
    position: Floats
    terms: Floats


@dataclass(frozen=True)
class _Moving:
    """Pairs of a source (its place) and a predicted position, by place."""

    source: NDArray[np.intp]
    ids: Integers
    position: Floats


class _Survey:
    """The DiaObjects so far, and which object each DiaSource belongs to."""

    def __init__(self, sources: _Sources, moving: _Moving, reach: float) -> None:
        n = len(sources.ids)
        self.sources, self.moving, self.reach = sources, moving, reach
        self.vectors = unit_vectors(*sources.position[:, :2].T)
        self.dia_object = np.full(n, NONE)
        self.moving_object = np.full(n, NONE)
        self.ids, self.chain = np.empty(n, np.int64), np.empty(n, np.int64)
        self.sums, self.position = np.zeros((n, COLUMNS)), np.zeros((n, 4))
        self.count = 0
        self.following: dict[int, int] = {}

    def add_visit(self, members: NDArray[np.intp]) -> None:
        """Match the sources of the next visit, and found objects of the rest."""
        source, objects = self._near(members)
        first, end = np.searchsorted(self.moving.source, [members[0], members[-1] + 1])
        predicted = np.arange(first, end)
        place = np.concatenate([source, self.moving.source[predicted]])
        chosen = choose_pairs(
            self.sources.ids[place],
            np.concatenate([self.ids[objects], self.moving.ids[predicted]]),
            np.arange(len(place)) >= len(source),
            self.sources.position[place],
            np.concatenate([self.position[objects], self.moving.position[predicted]]),
            self.reach,
        )
        dia, moving = chosen[chosen < len(source)], chosen[chosen >= len(source)]
        self.moving_object[place[moving]] = self.moving.ids[predicted[moving - len(source)]]
        self._extend(objects[dia], source[dia])
        left = np.setdiff1d(members, place[chosen])
        self._found(left)

    def _near(self, members: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return pairs of a source and an object, of one chain, that may be within reach."""
        chains = np.unique(self.sources.chain[members])
        live = np.flatnonzero(np.isin(self.chain[: self.count], chains))
        if len(live) == 0:
            return live, live
        objects = unit_vectors(*self.position[live, :2].T)
        source, place = near_pairs(self.vectors[members], objects, self.reach)
        return members[source], live[place]

    def _extend(self, objects: NDArray[np.intp], sources: NDArray[np.intp]) -> None:
        """Give objects one source each."""
        self.dia_object[sources] = self.ids[objects]
        self.sums[objects] += self.sources.terms[sources]
        mean = mean_of_terms(self.sums[objects])
        self.position[objects] = positions(*mean[:, [0, 1, 3, 4]].T)

    def _found(self, sources: NDArray[np.intp]) -> None:
        """Found an object with each of the sources, which come by id."""
        objects = np.arange(self.count, self.count + len(sources))
        self.ids[objects] = [self._free(key) for key in self.sources.hpx29[sources].tolist()]
        self.chain[objects] = self.sources.chain[sources]
        self.count += len(sources)
        self._extend(objects, sources)

    def _free(self, key: int) -> int:
        """Take the first number from `key` on that no object has."""
        free = key
        while free in self.following:
            free = self.following[free]
        # Those that look from the same key on begin where this one ended.
        self.following[key] = self.following[free] = free + 1
        return free
