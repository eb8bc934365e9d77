"""Writes the library of spectra as a catalog that `skytract load` takes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from skytract.loaders.sed_library import read_sed_library

SPAN = 50.0, 3000.0
"""Wavelengths at rest that are kept [nm]: QSOs at redshift 4 and more."""


def write_sed_catalog(path: Path) -> int:
    """Write all spectra of the library, and return how many they are.

    The same library makes the same bytes, so that a second load of them does nothing.

    Parameters
    ----------
    path : Path
        Parquet file to be made.

    Raises
    ------
    SkytractError
        If a package with spectra is not installed.
    """
    library = read_sed_library()
    inside = [(w >= SPAN[0]) & (w <= SPAN[1]) for w, _ in library.nodes]
    curves = [[w[kept], f[kept]] for (w, f), kept in zip(library.nodes, inside, strict=True)]
    table = pa.table(
        {
            "name": library.name,
            "kind": library.kind,
            "subtype": library.subtype,
            "wavelength": pa.array([w for w, _ in curves], pa.list_(pa.float64())),
            "fNu": pa.array([f for _, f in curves], pa.list_(pa.float64())),
            "wavelengthMedium": pa.array(library.waveKind, pa.string()),
            "originalUnit": library.unit,
            "source": library.source,
            "licence": library.licence,
        }
    )
    table = table.replace_schema_metadata({"skytract.kind": "Sed"})
    pq.write_table(table, path, write_page_checksum=True)
    return len(library.name)
