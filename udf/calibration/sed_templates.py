"""Templates that the spectra of objects are mixtures of, and what passbands see of them."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.bin_spectrum import bin_spectrum
from skytract.udf.calibration.continue_spectrum import continue_spectrum
from skytract.udf.calibration.dust import dust_transmission
from skytract.udf.calibration.passband_basis import CURVES, Basis
from skytract.udf.calibration.spectra import SPECTRUM, WAVELENGTH, mean_fluxes

Array = NDArray[np.float64]

REDSHIFTS = {"galaxy": np.arange(0, 33) * 0.05, "qso": np.arange(6, 81) * 0.05}
"""Redshifts of a grid: galaxies from 0 to 1.6, QSOs from 0.3 to 4, in steps of 0.05."""

REDDENINGS = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
"""E(B-V) [mag] of a grid, of stars alone: redshifts spread galaxies more than dust does."""

TYPICAL_REDDENING = 0.1
"""Priors fall with E(B-V) as exp(-E(B-V) / this)."""

BLENDS = 4
"""Steps from a star to the next redder one of the same publication, or more of them."""

BLEND_STEP = 0.07
"""So far apart these are at most, in the magnitude at 500 nm against that at 750 nm."""

DARK = 1e-6
"""Least of f_nu, where that around 750 nm is 1, that a logarithm is taken of."""

KINDS = ("star", "whiteDwarf", "galaxy", "qso")

EXPECTED = np.array([[0.45, 0.02, 0.5, 0.03], [0.93, 0.02, 0.02, 0.03], [0.04, 0.0, 0.95, 0.01]])
"""Parts of `KINDS` among sources of unknown extent, points, and extended ones: round numbers for
high galactic latitudes, some galaxies being taken for points and some stars for extended."""


class Templates(NamedTuple):
    """A grid of templates in the bands of a set of passbands."""

    f_nu: Array
    """Spectra in the bins of 1 nm, shape (T, 801)."""
    kind: NDArray[np.int8]
    """Index in `KINDS`, shape (T,)."""
    prior: Array
    """Prior probability within its kind, shape (T,)."""
    bands: str
    """Bands of the passbands, e.g. ugrizy."""
    flux: Array
    """Mean flux in the standard passbands, shape (T, B)."""
    moments: Array
    """Integral over each curve of the bases, at the scale of `flux`, shape (T, B, 10)."""
    basis: tuple[Basis, ...]
    """Of each band."""


def see_templates(
    f_nu: ArrayLike, kind: ArrayLike, prior: ArrayLike, bands: str, basis: Sequence[Basis]
) -> Templates:
    """Integrate templates over passbands.

    Parameters
    ----------
    f_nu : array_like, shape (T, 801)
        Spectra at any scale.
    kind : array_like, shape (T,)
        Indices in `KINDS`.
    prior : array_like, shape (T,)
        Probability of each among those of its kind.
    bands : str
        Names of the bands, one letter each.
    basis : sequence of Basis
        One for each band; curves may be 0 where only the standard matters.
    """
    spectra = np.asarray(f_nu, float)
    flux = mean_fluxes(spectra, [one.standard for one in basis])
    moments = np.stack([spectra @ one.curves.T for one in basis], axis=1)
    kinds = np.asarray(kind, np.int8)
    return Templates(spectra, kinds, np.asarray(prior, float), bands, flux, moments, tuple(basis))


def standard_basis(throughput: ArrayLike) -> tuple[Basis, ...]:
    """Return bases of passbands (B, 801) that every visit has as they are: for colours alone."""
    none = np.zeros((CURVES, SPECTRUM.shape[0]))
    return tuple(Basis(curve, curve, none) for curve in np.asarray(throughput, float))


def redshift_spectrum(
    kind: str, wavelength: ArrayLike, f_nu: ArrayLike
) -> Iterator[tuple[float, bytes]]:
    """Put a spectrum of the library at the redshifts of a grid.

    Where it ends within the bins it goes on as a power law.

    Parameters
    ----------
    kind : str
        One of `KINDS`; stars and white dwarfs stay at rest.
    wavelength, f_nu : array_like, shape (k,)
        Nodes at rest [nm], increasing, and f_nu there.

    Yields
    ------
    redshift : float
    f_nu : bytes
        801 float4, greatest value 1.

    Examples
    --------
    >>> [z for z, _ in redshift_spectrum("whiteDwarf", [300, 1100], [2, 1])]
    [0.0]
    """
    for z in REDSHIFTS.get(kind, np.zeros(1)).tolist():
        nodes = np.asarray(wavelength, float) * (1.0 + z)
        yield z, bin_spectrum(*continue_spectrum(nodes, f_nu))


def blend_stars(
    names: Sequence[str], sources: Sequence[str], f_nu: bytes
) -> Iterator[tuple[str, float, float, bytes]]:
    """Fill the gaps between stars of each publication, and put all of them behind dust.

    Spectra in between have means of magnitudes: those of temperatures in between, not of doubles.
    All steps from a star to the next have as much prior as four, however many there are.

    Parameters
    ----------
    names, sources : sequence of str, length n
        Names of stars, and where they were published.
    f_nu : bytes
        Their spectra at rest, 801 float4 each.

    Yields
    ------
    name : str
        That of a star, or of two with a plus between them.
    ebv, weight : float
        E(B-V) [mag], and what the prior is proportional to.
    f_nu : bytes
        801 float4, greatest value 1.
    """
    spectra = np.frombuffer(f_nu, SPECTRUM).astype(float)
    red = spectra[:, 400:500].mean(axis=1)
    spectra = spectra / red[:, None]
    magnitude = -2.5 * np.log10(spectra[:, 150:250].mean(axis=1))
    logarithm = np.log(np.maximum(spectra, DARK))
    dust = np.stack([dust_transmission(WAVELENGTH, ebv) for ebv in REDDENINGS])
    for source in sorted(set(sources)):
        stars = [n for n in range(len(names)) if sources[n] == source]
        stars.sort(key=lambda n: (magnitude[n], names[n]))
        for star, redder in zip_longest(stars, stars[1:]):
            yield from _redden(names[star], 1.0, spectra[star] * dust)
            if redder is None:
                continue
            steps = max(BLENDS, int(np.ceil((magnitude[redder] - magnitude[star]) / BLEND_STEP)))
            for part in np.arange(1, steps) / steps:
                mixed = np.exp((1.0 - part) * logarithm[star] + part * logarithm[redder])
                yield from _redden(f"{names[star]}+{names[redder]}", BLENDS / steps, mixed * dust)


def _redden(name: str, weight: float, curves: Array) -> Iterator[tuple[str, float, float, bytes]]:
    """Yield a spectrum behind each amount of dust, given these curves."""
    for ebv, curve in zip(REDDENINGS.tolist(), curves, strict=True):
        prior = weight * float(np.exp(-ebv / TYPICAL_REDDENING))
        yield name, ebv, prior, (curve / curve.max()).astype("<f4").tobytes()
