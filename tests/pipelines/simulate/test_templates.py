import numpy as np
import pytest
from astropy.table import Table

from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.simulate.objects import empty
from skytract.pipelines.simulate.templates import (
    standard_fluxes,
    stars_of_colour,
    templates,
)
from skytract.udf.calibration.spectra import WAVELENGTH


def colours(rows):
    magnitude = -2.5 * np.log10(templates().ratios[rows])
    return {"ugrizy"[k : k + 2]: magnitude[:, k] - magnitude[:, k + 1] for k in range(5)}


def test_every_spectrum_has_unit_flux_in_r_and_a_name():
    known = templates()
    assert len(known.names) == len(known.fNu) == len(known.kinds) == len(set(known.names))
    np.testing.assert_allclose(known.ratios[:, 2], 1.0, rtol=1e-12)
    assert np.isfinite(known.fNu).all() and (known.fNu >= 0.0).all()
    assert len(known.fNu) <= np.iinfo(np.int16).max


def test_places_say_what_stands_there():
    known = templates()
    for family, grid in known.grids.items():
        size = len(grid.reddenings) * len(grid.colours) * len(grid.redshifts)
        assert set(known.kinds[grid.start : grid.start + size]) == {family}
        member = np.array([len(grid.colours) - 1])
        row = grid.index(member, grid.reddenings[-1], grid.redshifts[-1])[0]
        assert row == grid.start + size - 1
        assert f"E(B-V) {grid.reddenings[-1]:.2f}" in known.names[row]
        if len(grid.redshifts) > 1:
            assert f"z {grid.redshifts[-1]:.3f}" in known.names[row]


def test_white_dwarfs_and_dwarfs_ascend_in_colour():
    for family in ("dwarf", "subdwarf", "giant", "whiteDwarf"):
        assert np.all(np.diff(templates().grids[family].colours) > 0.0)


def test_dust_reddens_as_published():
    """E(g-r) / E(B-V) is 1.0 for the passbands of LSST (Schlafly & Finkbeiner 2011, table 6)."""
    grid = templates().grids["dwarf"]
    member = np.array([20])
    bare, dusty = (colours(grid.index(member, ebv))["gr"][0] for ebv in (0.0, 0.3))
    assert (dusty - bare) / 0.3 == pytest.approx(3.237 - 2.273, rel=0.12)


def test_a_galaxys_spectrum_is_the_librarys_at_its_redshift():
    grid, library = templates().grids["early"], read_sed_library()
    z = grid.redshifts[20]
    row = grid.index(np.array([1]), 0.0, z)[0]
    expected = library.redshifted(library.index("cosmos_Ell5"), z)
    beyond = WAVELENGTH > 130.0 * (1.0 + z)
    ratio = templates().fNu[row][beyond] / expected[beyond]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def test_the_locus_of_dwarfs_is_that_of_real_stars(shared_data):
    """u-g, r-i and i-z at g-r of 10,000 stars of SDSS DR14 with spectra.

    SDSS and LSST passbands differ by up to 0.08 mag in these colours, in u-g by up to 0.25.
    """
    table = Table.read(shared_data("sdss_spec_class", "sdss.csv.gz"), format="csv")
    table = table[table["class"] == "STAR"]
    real = {c: np.asarray(table[c[0]] - table[c[1]]) for c in ("ug", "gr", "ri", "iz")}
    for gr in (0.45, 0.6, 0.75, 0.95, 1.1):
        there = np.abs(real["gr"] - gr) < 0.05
        ours = colours(stars_of_colour(np.array([gr])))
        for colour, tolerance in (("ug", 0.25), ("ri", 0.08), ("iz", 0.08)):
            assert ours[colour][0] == pytest.approx(np.median(real[colour][there]), abs=tolerance)


def test_standard_fluxes_hold_the_companion():
    pair = empty(2, "star")
    pair["flux"], pair["sed"] = 100.0, 30
    pair["companionSed"][1], pair["companionFlux"][1] = 80, 20.0
    flux = standard_fluxes(pair)
    np.testing.assert_allclose(flux[0], 100.0 * templates().ratios[30])
    np.testing.assert_allclose(flux[1] - flux[0], 20.0 * templates().ratios[80])
