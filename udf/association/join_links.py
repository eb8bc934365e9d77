"""Joins of groups that are known to share members."""

import numpy as np
from numpy.typing import ArrayLike

from skytract.udf.association.link_friends import label_by_least


def join_links(first_id: ArrayLike, second_id: ArrayLike) -> list[tuple[int, int]]:
    """Return each id that occurs in the links, with the least id it is connected to.

    Parameters
    ----------
    first_id, second_id : array_like of int, shape (m,)
        Links: the group `first_id[i]` shares a member with the group `second_id[i]`.

    Returns
    -------
    list of (id, least id of its component), ordered by id

    Examples
    --------
    >>> join_links([2, 8, 5], [5, 9, 4])
    [(2, 2), (4, 2), (5, 2), (8, 8), (9, 8)]
    """
    first, second = np.asarray(first_id, np.int64), np.asarray(second_id, np.int64)
    nodes, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    least = label_by_least(nodes, place[: len(first)], place[len(first) :])
    return list(zip(nodes.tolist(), least.tolist(), strict=True))
