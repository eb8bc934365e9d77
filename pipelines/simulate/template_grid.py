"""Families of spectra: the library's, blended along the stellar loci, reddened and redshifted."""

from dataclasses import dataclass

import numpy as np
from astropy.constants import c, h, k_B
from numpy.typing import NDArray

from skytract.loaders.passband_library import read_standard_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.simulate.attenuation import forest_transmission
from skytract.udf.calibration.dust import dust_transmission
from skytract.udf.calibration.spectra import WAVELENGTH, mean_fluxes

Floats = NDArray[np.float64]

STAR_REDDENINGS = np.array([0, 0.02, 0.04, 0.06, 0.09, 0.13, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5, 2.2])
DISTANT_REDDENINGS = np.array([0.0, 0.04, 0.1, 0.25, 0.6])
"""Steps of E(B-V) for stars, and for galaxies and quasars, mag."""

GALAXY_REDSHIFTS = np.expm1(np.arange(0.02, np.log(5.0), 0.02))
QSO_REDSHIFTS = np.expm1(np.arange(np.log(1.3), np.log(5.0), 0.02))
"""Steps of 2 % in 1 + z."""

LOCI = {
    "dwarf": "pickles1998_A0V kurucz1993_Sun kesseli2017_K0V kesseli2017_K1V kesseli2017_K2V"
    " kesseli2017_K3V kesseli2017_K4V kesseli2017_K5V kesseli2017_K7V bochanski2007_M0V"
    " bochanski2007_M1V bochanski2007_M2V bochanski2007_M3V bochanski2007_M4V bochanski2007_M5V"
    " bochanski2007_M6V bochanski2007_M7V bochanski2007_M8V",
    "subdwarf": "oke1983_HD84937 oke1983_HD19445 kesseli2017_K1V kesseli2017_K2V kesseli2017_K3V"
    " kesseli2017_K4V kesseli2017_K5V kesseli2017_K7V bochanski2007_M0V bochanski2007_M1V"
    " bochanski2007_M2V bochanski2007_M3V bochanski2007_M4V bochanski2007_M5V bochanski2007_M6V",
    "giant": "kurucz1993_Sun kesseli2017_K1III kesseli2017_K3III kesseli2017_K5III",
}
"""Spectra along the loci of stars, in the order of their colour."""

COLOUR_STEP = 0.05
"""Step of the blends between neighbours on a locus, mag in g-i."""

WHITE_DWARFS = "calspec_GD50 calspec_GRW+70_5824 calspec_HZ2 calspec_HZ4 hamuy1992_LTT4816"
DC_TEMPERATURES = (8000.0, 7000.0, 6200.0, 5500.0, 5000.0, 4500.0)
"""Hot and warm white dwarfs of the library; the cool ones of type DC, without lines, are black
bodies of these temperatures, K (Bergeron, Ruiz & Leggett 1997)."""

GALAXIES = {
    "early": "cosmos_Ell2 cosmos_Ell5 cosmos_Ell7 benitez2004_El",
    "spiral": "cosmos_Sa_0 cosmos_Sb_1 cosmos_Sc_1 cosmos_Sd_1 benitez2004_Sbc",
    "irregular": "cosmos_Sdm cosmos_SB1 cosmos_SB3 cosmos_SB5 cosmos_SB7 benitez2004_Im",
}

QSO = "francis1991_composite"
QSO_TILTS = np.array([-0.3, 0.0, 0.3])
"""Changes of the slope alpha of f_nu ~ nu^alpha; quasars scatter by 0.3 in it (Richards et al. 2001
find most between -1.0 and 0)."""


@dataclass(frozen=True)
class SpectraGrid:
    """Spectra of a family: reddening slowest, then member, then redshift.

    `fNu` has shape (R * members * Z, 801) and any scale.
    """

    names: tuple[str, ...]
    fNu: NDArray[np.float32]
    reddenings: Floats
    members: int
    redshifts: Floats


def star_grids() -> dict[str, SpectraGrid]:
    """Return the four families of stars, each ascending in g-i."""
    library = read_sed_library()
    still = np.zeros(1)
    grids = {}
    for family, nodes in LOCI.items():
        names, spectra = _blend(nodes.split())
        grids[family] = _redden(names, spectra, STAR_REDDENINGS, still)
    warm = WHITE_DWARFS.split()
    names = [*warm, *(f"black body {t:.0f} K" for t in DC_TEMPERATURES)]
    white = [library.fNu[library.index(name)].astype(float) for name in warm]
    white += [_black_body(temperature) for temperature in DC_TEMPERATURES]
    grids["whiteDwarf"] = _redden(names, np.array(white), STAR_REDDENINGS, still)
    return grids


def galaxy_grids() -> dict[str, SpectraGrid]:
    """Return early, spiral and irregular galaxies over redshift, behind intergalactic hydrogen."""
    forest = np.stack([forest_transmission(WAVELENGTH, z) for z in GALAXY_REDSHIFTS])
    return {
        family: _redden(
            *_redshift(names.split(), GALAXY_REDSHIFTS, forest),
            DISTANT_REDDENINGS,
            GALAXY_REDSHIFTS,
        )
        for family, names in GALAXIES.items()
    }


def qso_grid() -> SpectraGrid:
    """Return quasars over redshift; the composite spectrum has its forest already."""
    tilts = (WAVELENGTH / 622.0) ** -QSO_TILTS[:, None]
    names, spectra = _redshift([QSO], QSO_REDSHIFTS, np.ones((len(QSO_REDSHIFTS), 1)))
    tilted = [f"{name}, slope {tilt:+.1f}" for tilt in QSO_TILTS for name in names]
    all_tilts = (tilts[:, None, :] * spectra[None]).reshape(-1, len(WAVELENGTH))
    return _redden(tilted, all_tilts, DISTANT_REDDENINGS, QSO_REDSHIFTS)


def flat_grid() -> SpectraGrid:
    """Return a spectrum flat in f_nu: the light curves of transients bring their own colours."""
    return _redden(["flat"], np.ones((1, len(WAVELENGTH))), DISTANT_REDDENINGS, np.zeros(1))


def _blend(nodes: list[str]) -> tuple[list[str], Floats]:
    """Return geometric means of neighbouring spectra in equal steps of g-i."""
    library = read_sed_library()
    spectra = np.stack([library.fNu[library.index(name)] for name in nodes]).astype(float)
    green, infrared = mean_fluxes(spectra, read_standard_passbands()[1])[:, [1, 3]].T
    colours = 2.5 * np.log10(infrared / green)
    place = np.interp(
        np.arange(colours[0], colours[-1], COLOUR_STEP), colours, np.arange(len(nodes))
    )
    lower = place.astype(int)
    weight = place - lower
    logarithm = np.log(np.maximum(spectra, 1e-4))
    mixed = (1.0 - weight)[:, None] * logarithm[lower] + weight[:, None] * logarithm[lower + 1]
    names = [
        f"{nodes[k]} ^ {1 - w:.2f} x {nodes[k + 1]} ^ {w:.2f}"
        for k, w in zip(lower, weight, strict=True)
    ]
    return names, np.exp(mixed)


def _redshift(names: list[str], redshifts: Floats, forest: Floats) -> tuple[list[str], Floats]:
    """Return every spectrum at every redshift."""
    library = read_sed_library()
    spectra = [library.redshifted(library.index(name), redshifts) * forest for name in names]
    return [f"{name}, z {z:.3f}" for name in names for z in redshifts], np.concatenate(spectra)


def _redden(
    names: list[str], spectra: Floats, reddenings: Floats, redshifts: Floats
) -> SpectraGrid:
    """Put every spectrum behind every amount of dust."""
    dust = np.stack([dust_transmission(WAVELENGTH, reddening) for reddening in reddenings])
    behind = dust[:, None, :] * spectra[None]
    return SpectraGrid(
        tuple(f"{name}, E(B-V) {reddening:.2f}" for reddening in reddenings for name in names),
        behind.reshape(-1, len(WAVELENGTH)).astype(np.float32),
        reddenings,
        len(spectra) // len(redshifts),
        redshifts,
    )


def _black_body(temperature: float) -> Floats:
    """Return Planck's f_nu [any scale] in the bins of wavelength."""
    exponent = (h * c / k_B).to_value("nm K") / (WAVELENGTH * temperature)
    return np.asarray((500.0 / WAVELENGTH) ** 3 / np.expm1(exponent))
