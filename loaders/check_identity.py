"""Checks that no two rows of a file are the same thing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.load_refused import RefusedError

Rows = range | npt.NDArray[np.int64]


def refuse_duplicates(
    path: Path,
    names: Sequence[str],
    keys: Sequence[npt.NDArray[Any]],
    numbers: range | npt.NDArray[np.int64],
) -> None:
    """Refuse a file in which two rows have the same key.

    Parameters
    ----------
    path : Path
        The file.
    names : sequence of str
        The key's columns as the file spells them.
    keys : sequence of ndarray, shape (n,)
        Their values, without NULLs, in the order of the file.
    numbers : range or ndarray of int64, shape (n,)
        The rows' numbers in the file.

    Raises
    ------
    RefusedError
        Naming the later row of the first such pair in the order of keys.
    """
    order = np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys[::-1])
    same = np.ones(max(0, len(order) - 1), bool)
    for key in keys:
        sorted_ = key[order]
        same &= sorted_[1:] == sorted_[:-1]
    if same.any():
        pair = int(np.argmax(same))
        values = ", ".join(_text(key[order[pair]]) for key in keys)
        raise RefusedError(
            path,
            f"Row {numbers[order[pair]]} has the same {' and '.join(names)}",
            "give every row its own, or drop the repeated row",
            ", ".join(names),
            int(numbers[order[pair + 1]]),
            values,
        )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
