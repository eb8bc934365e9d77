"""Depths of the lines of O2 and H2O, from the DECam's passbands with and without atmosphere.

The ratio of the two is the transmission at airmass 1.2; less the continuum, and less what is gray,
it leaves the lines. The curves are those of DES DR1 (Abbott et al. 2018, ApJS 239, 18), as the
package speclite ships them. They say nothing below 393 nm and beyond 1066 nm, nor of 552 to 557 nm.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.package_data import read_filter
from skytract.udf.calibration.atmosphere import STANDARD, LineDepths, continuum_depth
from skytract.udf.calibration.spectra import WAVELENGTH, bin_average

Array = NDArray[np.float64]

LEAST_RESPONSE = 0.02
"""Below this part of a filter's peak the ratio of its two curves is noise."""

FIRST_LINE = 575.0
"""Wavelength [nm] below which there are no lines to speak of."""

O2_BANDS = ((627.0, 634.0), (686.0, 697.0), (758.5, 771.0))
"""The gamma, B and A bands of O2 [nm]; lines elsewhere are water's."""

CLEAR = ((600.0, 620.0), (662.0, 682.0), (745.0, 755.0), (778.0, 786.0), (860.0, 885.0))
"""Windows [nm] free of strong lines: what is left there is gray."""


@cache
def read_line_depths() -> LineDepths:
    """Return the depths of the lines at airmass 1.2 and 3 mm of water.

    Returns
    -------
    LineDepths
        Two arrays of shape (801,), not to be written to.

    Raises
    ------
    SkytractError
        If the package speclite is not installed.
    """
    wavelength, ratio = _transmission()
    depth = -np.log(bin_average(wavelength, ratio).clip(1e-6))
    rest = depth - _continuum()
    clear = np.any([(a <= WAVELENGTH) & (b >= WAVELENGTH) for a, b in CLEAR], axis=0)
    rest -= np.median(rest[clear])
    covered = (wavelength[0] + 0.5 <= WAVELENGTH) & (wavelength[-1] - 0.5 >= WAVELENGTH)
    lines = np.where(covered & (WAVELENGTH >= FIRST_LINE), rest.clip(0.0), 0.0)
    oxygen = np.any([(a <= WAVELENGTH) & (b >= WAVELENGTH) for a, b in O2_BANDS], axis=0)
    depths = LineDepths(np.where(oxygen, lines, 0.0), np.where(oxygen, 0.0, lines))
    for table in depths:
        table.flags.writeable = False
    return depths


def _continuum() -> Array:
    return continuum_depth(
        STANDARD.airmass,
        STANDARD.pressure,
        STANDARD.ozone,
        STANDARD.aerosol_depth,
        STANDARD.aerosol_exponent,
    )


def _transmission() -> tuple[Array, Array]:
    """Return wavelengths [nm] and transmission, of the filter that is most sensitive at each."""
    curves = []
    for band in "grizY":
        wavelength, outside = read_filter("decamDR1noatm", band)
        inside = np.interp(wavelength, *read_filter("decamDR1", band))
        usable = outside > LEAST_RESPONSE * outside.max()
        curves.append((wavelength[usable], (inside / outside.clip(1e-9))[usable], outside[usable]))
    wavelength, ratio, response = (np.concatenate(part) for part in zip(*curves, strict=True))
    order = np.lexsort((-response, wavelength))
    nodes, first = np.unique(wavelength[order], return_index=True)
    return nodes, ratio[order][first]
