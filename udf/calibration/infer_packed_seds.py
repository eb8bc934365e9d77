"""`infer_seds` for the database, where columns come and go as images of arrays."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.infer_seds import (
    SedRecords,
    chromatic_numbers,
    given_seds,
    infer_seds,
    infer_seds_twice,
)
from skytract.udf.calibration.passband_basis import CURVES, read_basis
from skytract.udf.calibration.sed_templates import Templates, see_templates
from skytract.udf.calibration.spectra import SPECTRUM
from skytract.udf.sky.array_bytes import HEADER, TYPES, read_array, write_array

ALL = "ugrizy"

Row = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]


def infer_packed_seds(
    flux: bytes,
    flux_err: bytes,
    extent: bytes,
    coefficient: bytes | None,
    given: bytes | None,
    template_id: bytes,
    kind: bytes,
    prior: bytes,
    f_nu: bytes,
    bands: str,
    standards: bytes,
    curves: bytes,
) -> list[Row]:
    """Infer the spectra of n objects.

    Parameters
    ----------
    flux, flux_err
        float8, n x 6 in u g r i z y: images of arrays, as all columns.
    extent
        bigint: 0 unknown, 1 point, 2 extended.
    coefficient
        float8, n x 60: mean coefficients of the passbands of each band, for two passes; None if
        fluxes are those in the standard passbands already.
    given
        bigint, n ids of templates that are stated to be the spectra; None to infer them.
    template_id, kind, prior, f_nu
        Templates: bigint, bigint (index in `KINDS`), float8, and spectra one after the other.
    bands, standards, curves
        Passbands: their letters, and curves one after the other.

    Returns
    -------
    list of one tuple of bytes
        method, reference, chi2, n_band, template, weight, colour, error, g. The first four are
        images of one array, the others of as many short arrays as there are objects. reference
        counts from 1 in u g r i z y, and is 0 without one. g are ten numbers for each of u g r i z
        y, NaN in bands without passbands.
    """
    ids = read_array(template_id, np.int64)
    templates = _read_templates(kind, prior, f_nu, bands, standards, curves)
    place = [ALL.index(band) for band in bands]
    value, sigma = (_read_matrix(column)[:, place] for column in (flux, flux_err))
    extents = read_array(extent, np.int64)
    if given is not None:
        records = given_seds(np.searchsorted(ids, read_array(given, np.int64)), len(bands))
    elif coefficient is None:
        records = infer_seds(value, sigma, templates, extents)
    else:
        means = _read_matrix(coefficient).reshape(-1, len(ALL), CURVES)[:, place]
        records = infer_seds_twice(value, sigma, templates, means, extents)
    return [_packed(records, templates, ids.astype(np.int32), place)]


def _read_matrix(image: bytes) -> NDArray[np.float64]:
    """Return the numbers of an array of float8 with two dimensions and without NULLs."""
    dimensions, nulls, number, rows, columns = np.frombuffer(image, HEADER, 1)[0].tolist()
    if dimensions != 2 or nulls or number != TYPES[np.dtype("f8")]:
        raise ValueError("this is not an array of float8 with two dimensions and without NULLs")
    # Two dimensions have two lengths, and then two first indices.
    return np.frombuffer(image, float, offset=HEADER.itemsize + 8).reshape(rows, columns)


def _read_templates(
    kind: bytes, prior: bytes, f_nu: bytes, bands: str, standards: bytes, curves: bytes
) -> Templates:
    """Decode templates and passbands."""
    one, ten = SPECTRUM.itemsize, CURVES * SPECTRUM.itemsize
    basis = [
        read_basis(standard, standard, curves[b * ten : (b + 1) * ten])
        for b in range(len(bands))
        for standard in [standards[b * one : (b + 1) * one]]
    ]
    kinds, priors = read_array(kind, np.int64), read_array(prior, np.float64)
    return see_templates(np.frombuffer(f_nu, SPECTRUM), kinds, priors, bands, basis)


def _packed(
    records: SedRecords, templates: Templates, ids: NDArray[np.int32], place: list[int]
) -> Row:
    """Return the columns as images, bands at their places among all of them."""
    n = len(records.method)
    colour, error = np.full((2, n, len(ALL)), np.nan, np.float32)
    colour[:, place], error[:, place] = records.colour, records.error
    g = np.full((n, len(ALL), CURVES), np.nan, np.float32)
    g[:, place] = chromatic_numbers(records, templates)
    numbers = np.array([*place, -1])[records.reference] + 1
    return (
        write_array(records.method.astype(np.int32)),
        write_array(numbers.astype(np.int32)),
        write_array(records.chi2),
        write_array(np.isfinite(records.colour).sum(axis=1).astype(np.int32)),
        _images(ids[records.template]),
        _images(records.weight),
        _images(colour),
        _images(error),
        _images(g.reshape(n, -1)),
    )


def _images(rows: NDArray[np.int32] | NDArray[np.float32]) -> bytes:
    """Return the images of as many arrays as there are rows."""
    header = np.frombuffer(write_array(rows[0]), np.uint8, HEADER.itemsize)
    numbers = np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
    return np.concatenate([np.tile(header, (len(rows), 1)), numbers], axis=1).tobytes()
