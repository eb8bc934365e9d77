"""The spectrum of one object from its record, as the database keeps it."""

from collections.abc import Sequence

import numpy as np

from skytract.udf.calibration.infer_seds import METHODS, SedRecords, object_spectra
from skytract.udf.calibration.sed_templates import see_templates, standard_basis
from skytract.udf.calibration.spectra import SPECTRUM


def rebuild_sed(
    method: str,
    weight: Sequence[float] | None,
    f_nu: bytes | None,
    reference: str | None,
    colour: Sequence[float] | None,
    bands: str,
    standards: bytes,
) -> bytes:
    """Return the spectrum that a row of `ObjectSed` records.

    Parameters
    ----------
    method
        One of `METHODS`.
    weight, f_nu
        Weights of the templates, and these, 801 float4 each, one after the other; None without.
    reference
        Band that colours and weights refer to; None if there is none.
    colour
        AB magnitudes less that in the reference band in u g r i z y, NaN where not used; or None.
    bands, standards
        Bands of the standard passbands, and these, 801 float4 each, one after the other.

    Returns
    -------
    bytes
        801 float4, greatest value 1.

    Examples
    --------
    >>> flat = rebuild_sed("flat", None, None, None, None, "r", np.ones(801, "<f4").tobytes())
    >>> np.unique(np.frombuffer(flat, "<f4")).tolist()
    [1.0]
    """
    spectra = np.frombuffer(f_nu or b"", SPECTRUM)
    basis = standard_basis(np.frombuffer(standards, SPECTRUM))
    none = np.zeros(len(spectra))
    templates = see_templates(spectra, none, none, bands, basis)
    seen = np.full(6, np.nan) if colour is None else np.asarray(colour, np.float32)
    of_bands = seen[["ugrizy".index(band) for band in bands]].astype(np.float32)[None]
    record = SedRecords(
        np.array([METHODS.index(method)], np.int8),
        np.arange(len(spectra), dtype=np.int32)[None],
        np.asarray(weight or [], np.float32)[None],
        np.array([bands.index(reference) if reference else -1]),
        of_bands,
        of_bands,
        np.full(1, np.nan, np.float32),
    )
    (spectrum,) = object_spectra(record, templates, [0])
    return bytes((spectrum / spectrum.max()).astype("<f4").tobytes())
