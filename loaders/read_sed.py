"""Reads a user's spectrum from a file, in any unit that the file states."""

from pathlib import Path

import numpy as np
from astropy import units
from astropy.io.registry import IORegistryError
from astropy.table import Column, Table
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError

Array = NDArray[np.float64]

FLUXES = ("flux", "f_nu", "fNu", "f_lambda")
"""Names that the column of the flux may have; that of the wavelength is wavelength."""


def read_sed(path: Path) -> tuple[Array, Array]:
    """Read wavelengths and f_nu from a table in ECSV, FITS, VOTable or Parquet.

    Parameters
    ----------
    path : Path
        Its columns are wavelength and one of `FLUXES`, with their units: flux density per
        wavelength or per frequency, in energy or in photons, at any scale.

    Returns
    -------
    wavelength, f_nu : ndarray, shape (k,)
        In nm and nJy.

    Raises
    ------
    SkytractError
        If it is no table, lacks a column or a unit, or the unit is none of a spectrum.
    """
    try:
        table = Table.read(path)
    except (OSError, ValueError, IORegistryError) as error:
        raise SkytractError(
            f"{path} cannot be read as a table ({' '.join(str(error).split())[:100]}): give ECSV, "
            "FITS, VOTable or Parquet."
        ) from error
    flux = next((name for name in FLUXES if name in table.colnames), None)
    if "wavelength" not in table.colnames or flux is None:
        raise SkytractError(
            f"{path} has the columns {', '.join(table.colnames)}: name that of the wavelength "
            f"wavelength, and that of the flux one of {', '.join(FLUXES)}."
        )
    for name in ("wavelength", flux):
        if table[name].unit is None:
            raise SkytractError(
                f"{path} does not state the unit of {name}, and none is guessed: write it into the "
                "file, e.g. as ECSV."
            )
    try:
        at, density = (_numbers(table[name]) * table[name].unit for name in ("wavelength", flux))
        wavelength = at.to("nm")
        f_nu = density.to("nJy", units.spectral_density(wavelength))
    except (ValueError, TypeError) as error:
        raise SkytractError(
            f"{path} is no spectrum: {error}. Wavelengths are lengths, fluxes flux densities per "
            "wavelength or per frequency, and both are numbers."
        ) from error
    return wavelength.value, f_nu.value


def _numbers(column: Column) -> Array:
    """Return the values of a column, NaN where the file has none."""
    if column.ndim != 1:
        raise ValueError(f"{column.name} has {column.shape[1:]} values in each row, not one")
    return np.asarray(np.ma.filled(np.ma.asarray(column).astype(float), np.nan))
