"""What speeds up the search for zero points: images one by one, and patches of sky as a whole.

Zero points that all change along, smoothly over the sky, hardly make stars disagree, and an image
is told of it by its neighbours alone: that takes most iterations. So images in the same patch of
sky are moved together as well, which needs a small dense system: a preconditioner of two levels
(Smith, Bjorstad & Gropp 1996, Domain Decomposition, section 2.1, additive).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix, diags_array

from skytract.udf.calibration.eliminate_stars import Observations, by_image

Array = NDArray[np.float64]

IMAGES, PATCHES = 16, 1000
"""Images that a patch has at least, and the greatest number of patches."""

STIFFNESS = 1e-6
"""Patches that nothing ties are held this much, relative to what holds an image alone."""


class SkyPatches:
    """The preconditioner, for images and, if there are any, star flats."""

    def __init__(self, obs: Observations, weight: Array, inverse: Array, diagonal: Array) -> None:
        """Factor the system of patches.

        Parameters
        ----------
        obs, weight
            Observations, and their weights.
        inverse
            1 / sum of the weights of each star, its reference's included, shape (stars,).
        diagonal
            Of J^T W J, positive.
        """
        self.diagonal, self.patch = diagonal, find_patches(obs, len(inverse))
        images, stars = len(self.patch), len(inverse)
        whole = np.ones(images), (self.patch, np.arange(images))
        patches = csr_matrix(whole, shape=(int(self.patch.max()) + 1, images))
        by_patch = patches @ by_image(obs, weight, stars)
        own = np.bincount(self.patch, diagonal[:images])
        shared = (by_patch @ diags_array(inverse) @ by_patch.T).toarray()
        self.factor = cho_factor(np.diag((1.0 + STIFFNESS) * own) - shared)

    def __call__(self, residual: Array) -> Array:
        """Return roughly the x of which A x is this."""
        x = residual / self.diagonal
        of_patch = np.bincount(self.patch, residual[: len(self.patch)])
        x[: len(self.patch)] += cho_solve(self.factor, of_patch)[self.patch]
        return np.asarray(x)


def find_patches(obs: Observations, stars: int) -> NDArray[np.int64]:
    """Return the patch of each image, counted from 0: that of its star of middle number.

    Stars are best numbered along the sky, as by `hpx29`; with other numbers the answer of the fit
    is the same, after more iterations.

    Examples
    --------
    >>> none, image = np.zeros(0), np.repeat(np.arange(64, dtype=np.int32), 3)
    >>> obs = Observations(image, image, none, none, none, none, np.zeros(64, np.int32))
    >>> np.bincount(find_patches(obs, 64)).tolist()
    [16, 16, 16, 16]
    """
    images = len(obs.detector)
    edges = np.searchsorted(obs.image, np.arange(images + 1))
    seen = np.flatnonzero(np.diff(edges))
    middle = np.zeros(images, np.int64)
    middle[seen] = obs.star[((edges[:-1] + edges[1:]) // 2)[seen]]
    patches = min(max(images // IMAGES, 1), PATCHES)
    return np.unique(middle * patches // stars, return_inverse=True)[1]
