"""Mean positions of DiaObjects, columns coming and going as images of arrays."""

import numpy as np

from skytract.udf.association.array_columns import read_column, write_column
from skytract.udf.association.mean_dia_positions import mean_positions
from skytract.udf.sky.array_bytes import read_array, write_array


def mean_dia_positions_packed(
    object_id: bytes,
    mjd: bytes,
    source_ra: bytes,
    source_dec: bytes,
    ra_err: bytes,
    dec_err: bytes,
    covariance: bytes,
) -> tuple[bytes, ...]:
    """Return what `mean_dia_positions` does, each column as the image of an array.

    Parameters
    ----------
    object_id
        Image of a bigint array.
    mjd, source_ra, source_dec, ra_err, dec_err, covariance
        Images of float8 arrays.

    Returns
    -------
    tuple of 7 bytes
        The columns of `DiaPositions`, the first of bigint, the others of float8.
    """
    columns = (mjd, source_ra, source_dec, ra_err, dec_err, covariance)
    ids = read_array(object_id, np.int64)
    objects, found = mean_positions(ids, *(read_column(column) for column in columns))
    return (write_array(objects), *(write_column(column) for column in found.T))
