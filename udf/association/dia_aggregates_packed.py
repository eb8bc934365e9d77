"""Statistics of light curves, columns coming and going as images of arrays."""

import numpy as np

from skytract.udf.association.array_columns import read_column, write_column
from skytract.udf.association.dia_aggregates import DiaAggregates, dia_statistics
from skytract.udf.sky.array_bytes import read_array, write_array


def dia_aggregates_packed(
    object_id: bytes,
    mjd: bytes,
    psf_flux: bytes,
    psf_flux_err: bytes,
    science_flux: bytes,
    science_flux_err: bytes,
) -> tuple[bytes, ...]:
    """Return what `dia_aggregates` does, each column as the image of an array.

    Parameters
    ----------
    object_id
        Image of a bigint array.
    mjd, psf_flux, psf_flux_err, science_flux, science_flux_err
        Images of float8 arrays.

    Returns
    -------
    tuple of 23 bytes
        The columns of `DiaAggregates`, the first two of bigint, the others of float8.
    """
    columns = (mjd, psf_flux, psf_flux_err, science_flux, science_flux_err)
    ids = read_array(object_id, np.int64)
    found = dia_statistics(ids, *(read_column(column) for column in columns))
    counts, values = DiaAggregates._fields[:2], DiaAggregates._fields[2:]
    return (
        *(write_array(found[name].astype(np.int64)) for name in counts),
        *(write_column(found[name]) for name in values),
    )
