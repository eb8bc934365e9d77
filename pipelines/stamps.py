"""Stamps: the pixels around many positions as one array, with neighbours and defects left out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skytract.pipelines.exposure import UNUSABLE, BoolArray, Exposure, Floats


@dataclass(frozen=True)
class Stamps:
    """Square cut-outs around n positions, all of one size s = 2 half + 1.

    Attributes
    ----------
    data, variance : ndarray, shape (n, s, s), electron and electron^2
        0 outside the image.
    good : ndarray of bool, shape (n, s, s)
        Usable pixels inside the image that belong to the source or to the sky.
    fx, fy : ndarray, shape (n,), pixel
        Position relative to the middle pixel, in [-0.5, 0.5].
    column, row : ndarray of int, shape (n,)
        The middle pixel in the image.
    """

    data: Floats
    variance: Floats
    good: BoolArray
    fx: Floats
    fy: Floats
    column: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]

    @property
    def half(self) -> int:
        """Pixels from the middle to the side."""
        return int(self.data.shape[1] // 2)

    def filled(self) -> tuple[Floats, Floats]:
        """Return data and variance with the unusable pixels replaced by their mirror image.

        A pixel that is not good takes the value of the one opposite the middle pixel, or 0
        where that is not good either: sources are about symmetric (the MASK_TYPE CORRECT of
        Bertin & Arnouts 1996, and the deblender of SDSS, both rest on it).
        """
        mirror_good = self.good[:, ::-1, ::-1]
        data = np.where(self.good, self.data, np.where(mirror_good, self.data[:, ::-1, ::-1], 0.0))
        variance = np.where(self.good | ~mirror_good, self.variance, self.variance[:, ::-1, ::-1])
        return data, variance

    def offsets(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Distances of the columns and of the rows from positions in the image.

        Parameters
        ----------
        x, y : ndarray, shape (n,), pixel

        Returns
        -------
        dx, dy : ndarray, shape (n, s), pixel
        """
        grid = np.arange(-self.half, self.half + 1.0)
        dx = grid - (x - self.column)[:, np.newaxis]
        dy = grid - (y - self.row)[:, np.newaxis]
        return dx, dy


def cut_stamps(
    exposure: Exposure,
    x: Floats,
    y: Floats,
    half: int,
    segmentation: npt.NDArray[np.int32] | None = None,
    ids: npt.NDArray[np.int32] | None = None,
) -> Stamps:
    """Cut stamps around positions; they may reach beyond the image.

    Parameters
    ----------
    x, y : ndarray, shape (n,), pixel
        Zero-based positions.
    half : int, pixel
    segmentation : ndarray of int32, shape (ny, nx), optional
        With `ids`, shape (n,): pixels of other sources than the stamp's own are not good.
    """
    ny, nx = exposure.shape
    column = np.rint(x).astype(np.int64)
    row = np.rint(y).astype(np.int64)
    grid = np.arange(-half, half + 1)
    rows = row[:, np.newaxis] + grid
    columns = column[:, np.newaxis] + grid
    inside = ((rows >= 0) & (rows < ny))[:, :, np.newaxis] & ((columns >= 0) & (columns < nx))[
        :, np.newaxis, :
    ]
    flat = (np.clip(rows, 0, ny - 1) * nx)[:, :, np.newaxis] + np.clip(columns, 0, nx - 1)[
        :, np.newaxis, :
    ]
    good = inside & ~exposure.flagged(UNUSABLE).ravel()[flat]
    if segmentation is not None and ids is not None:
        owner = segmentation.ravel()[flat]
        good &= (owner == 0) | (owner == ids[:, np.newaxis, np.newaxis])
    return Stamps(
        data=np.where(inside, exposure.image.ravel()[flat], 0.0).astype(float),
        variance=np.where(inside, exposure.variance.ravel()[flat], 0.0).astype(float),
        good=good,
        fx=x - column,
        fy=y - row,
        column=column,
        row=row,
    )
