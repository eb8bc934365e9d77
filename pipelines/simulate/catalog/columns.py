"""Tables as dataclasses of arrays that have one entry per row."""

from dataclasses import fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


class Rows:
    """Base of dataclasses whose fields are arrays with one entry per row along the first axis."""

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return some rows, by index."""
        return type(self)(*(getattr(self, name).take(rows, axis=0) for name in self._names()))

    def join(self, other: Self) -> Self:
        """Return the rows of both, these first."""
        names = self._names()
        return type(self)(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names)
        )

    @classmethod
    def _names(cls) -> list[str]:
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]
