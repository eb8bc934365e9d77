"""TAN-SIP world coordinate systems: what one is, and from pixels to the tangent plane and back.

Projection: Calabretta & Greisen 2002 (A&A 395, 1077), section 5.1.3. Distortion: the SIP
convention, Shupe et al. 2005 (ASP Conf. 347, 491). LONPOLE is 180 deg, as FITS takes it to be
unless CRVAL2 is exactly 90. One object holds any number of systems, and each pixel says which is
its own: numpy's cost is per call, so that the detectors of many visits go through together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Which = NDArray[np.intp] | int

FRAME = 8
"""Numbers of a system without its distortion: crpix, crval, cd row by row."""


@dataclass(frozen=True)
class TanSip:
    """The terms of m TAN-SIP world coordinate systems, as raw.VisitDetector holds them."""

    crpix: Vector
    """Reference pixel, counted from 1 as in FITS, shape (m, 2) [px]."""
    crval: Vector
    """Its ICRS position, shape (m, 2) [deg]."""
    cd: Vector
    """CD matrix, shape (m, 2, 2) [deg/px]."""
    a: Vector
    """A_pq multiplies u^p v^q, shape (m, order + 1, order + 1); order 0 is no distortion."""
    b: Vector
    """B_pq, likewise."""

    @classmethod
    def read(
        cls, crpix: ArrayLike, crval: ArrayLike, cd: ArrayLike, sip_a: ArrayLike, sip_b: ArrayLike
    ) -> "TanSip":
        """Make one from flat lists; the SIP terms are row-major and may be empty or None.

        Raises
        ------
        ValueError
            If the SIP terms are no square, or lie beyond their order.
        """
        frame = np.concatenate([np.asarray(t, float).ravel() for t in (crpix, crval, cd)])
        none = np.zeros(1)
        sip = [none if t is None else np.asarray(t, float).ravel() for t in (sip_a, sip_b)]
        return cls.stack([frame], [sip[0]], [sip[1]])

    @classmethod
    def stack(
        cls, frames: Sequence[Vector], sip_a: Sequence[Vector], sip_b: Sequence[Vector]
    ) -> "TanSip":
        """Make m of them, of any orders, from m lists of `FRAME` numbers and of SIP terms."""
        flat = np.reshape(np.asarray(frames, float), (-1, FRAME))
        a, b = _squares(sip_a, "sipA"), _squares(sip_b, "sipB")
        short, long = sorted((a, b), key=lambda square: square.shape[1])
        grown = np.zeros_like(long)
        grown[:, : short.shape[1], : short.shape[1]] = short
        a, b = (grown, b) if short is a else (a, grown)
        return cls(flat[:, :2], flat[:, 2:4], flat[:, 4:].reshape(-1, 2, 2), a, b)

    def to_plane(self, which: Which, x: Vector, y: Vector) -> tuple[Vector, Vector]:
        """Return standard coordinates of zero-based pixels, and their derivatives.

        Parameters
        ----------
        which
            Number of the system of each pixel, shape (n,); or one for all.
        x, y
            Pixels, shape (n,).

        Returns
        -------
        plane : ndarray, shape (2, n)
            xi and eta [deg].
        derivative : ndarray, shape (2, 2, n)
            d(xi, eta)/d(x, y) [deg/px].
        """
        u, v = self.offsets(which, x, y)
        a, a_u, a_v = polynomial(self.a, which, u, v)
        b, b_u, b_v = polynomial(self.b, which, u, v)
        cd = np.atleast_3d(self.cd[which].T).swapaxes(0, 1)
        u, v, a_u, b_v = u + a, v + b, 1.0 + a_u, 1.0 + b_v
        plane = np.stack([cd[i, 0] * u + cd[i, 1] * v for i in (0, 1)])
        return plane, np.stack(
            [
                np.stack([cd[i, 0] * a_k + cd[i, 1] * b_k for a_k, b_k in ((a_u, b_u), (a_v, b_v))])
                for i in (0, 1)
            ]
        )

    def offsets(self, which: Which, x: Vector, y: Vector) -> tuple[Vector, Vector]:
        """Return u and v [px], shape (n,): zero-based pixels less the reference pixel."""
        return x - (self.crpix[which, 0] - 1.0), y - (self.crpix[which, 1] - 1.0)


def _squares(terms: Sequence[Vector], name: str) -> Vector:
    """Return m lists of row-major SIP terms as squares of one size, shape (m, side, side)."""
    lengths = np.array([len(t) for t in terms], int)
    sides = np.maximum((np.sqrt(lengths) + 0.5).astype(int), 1)
    for length in lengths[(sides * sides != lengths) & (lengths > 0)]:
        raise ValueError(
            f"{name} has {length} terms: give (order + 1)^2 of them, row by row, "
            "with zeros for those that are not used"
        )
    squares = np.zeros((len(terms), *2 * [sides.max(initial=1)]))
    for side in np.unique(sides[lengths > 0]):
        members = np.flatnonzero((sides == side) & (lengths > 0))
        squares[members, :side, :side] = np.reshape(
            [terms[m] for m in members.tolist()], (-1, side, side)
        )
        degree = np.add.outer(np.arange(side), np.arange(side))
        if squares[members, :side, :side][:, degree >= side].any():
            raise ValueError(
                f"{name} has terms u^p v^q with p + q beyond its order {side - 1}: "
                "give a larger square, whose order is the highest degree"
            )
    return squares


def polynomial(terms: Vector, which: Which, u: Vector, v: Vector) -> tuple[Vector, Vector, Vector]:
    """Return sum of terms_pq u^p v^q over p + q <= order, and its derivatives by u and by v.

    Parameters
    ----------
    terms
        Coefficients of m polynomials, shape (m, order + 1, order + 1).
    which
        Number of the polynomial of each element, shape (n,); or one for all.
    u, v
        Shape (n,).

    Examples
    --------
    >>> terms = np.array([[[0.0, 2.0], [3.0, 0.0]]])
    >>> [float(t[0]) for t in polynomial(terms, 0, np.array([5.0]), np.array([7.0]))]
    [29.0, 3.0, 2.0]
    """
    value, by_u, by_v = (np.zeros_like(u) for _ in range(3))
    side = terms.shape[1]
    for p in reversed(range(side)):
        row, row_v = np.zeros_like(v), np.zeros_like(v)
        for q in reversed(range(side - p)):
            row_v *= v
            row_v += row
            row *= v
            row += terms[which, p, q]
        by_u *= u
        by_u += value
        by_v *= u
        by_v += row_v
        value *= u
        value += row
    return value, by_u, by_v
