"""Which images hang together by common stars: zero points of others say nothing of each other."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int32]


def label_components(
    star: NDArray[np.integer], image: NDArray[np.integer], stars: int, images: int
) -> tuple[Integers, Integers]:
    """Label the connected components of the graph of stars and images.

    Parameters
    ----------
    star, image : ndarray of int, shape (n,)
        Star and image of every observation.
    stars, images : int
        Numbers of both.

    Returns
    -------
    of_star, of_image : ndarray of int32, shapes (stars,) and (images,)
        Component of each, counted from 0 by the first image; that of a star without observations
        is -1, an image without any is a component of its own.

    Examples
    --------
    >>> stars, images = label_components([0, 0, 1, 2, 2], [0, 1, 1, 3, 2], 4, 4)
    >>> stars.tolist(), images.tolist()
    ([0, 0, 1, -1], [0, 0, 1, 1])
    """
    nodes = images + stars
    edges = (np.ones(len(star), bool), (np.asarray(image), images + np.asarray(star)))
    _, label = connected_components(csr_matrix(edges, shape=(nodes, nodes)), directed=False)
    kinds, first, number = np.unique(label[:images], return_index=True, return_inverse=True)
    rank = np.empty(len(kinds), np.int32)
    rank[np.argsort(first)] = np.arange(len(kinds), dtype=np.int32)
    of_label = np.full(nodes, -1, np.int32)
    of_label[kinds] = rank
    return of_label[label[images:]], rank[number]
