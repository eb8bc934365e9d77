import numpy as np
import pytest

from skytract.pipelines.simulate.objects import EPOCH_MJD, is_kind, is_variable
from skytract.pipelines.simulate.reference import FAINTEST, reference_catalog
from skytract.pipelines.simulate.sky import objects_in_cone
from skytract.pipelines.simulate.templates import standard_fluxes


@pytest.fixture(scope="module")
def objects():
    return objects_in_cone(6, 310.0, -12.0, 0.12, 22.0)


@pytest.fixture(scope="module")
def matched(objects):
    catalog = reference_catalog(6, objects)
    return catalog, objects[np.searchsorted(objects["truthId"], catalog["refStarId"])]


def test_all_bright_constant_stars_and_nothing_else(objects, matched):
    catalog, truth = matched
    np.testing.assert_array_equal(catalog["refStarId"], truth["truthId"])
    assert is_kind(truth, "star").all()
    magnitude = 31.4 - 2.5 * np.log10(standard_fluxes(objects)[:, 2])
    constant = is_kind(objects, "star") & ~is_variable(objects)
    expected = objects["truthId"][constant & (magnitude < FAINTEST)]
    np.testing.assert_array_equal(catalog["refStarId"], expected)
    assert len(expected) > 150
    assert not catalog["isVariable"].any() and not catalog["isResolved"].any()
    assert set(catalog["epoch"]) == {EPOCH_MJD} and set(catalog["catalog"]) == {"simulated"}


def test_errors_are_honest(matched):
    catalog, truth = matched
    flux = standard_fluxes(truth)
    pulls = [
        (catalog[f"{band}_flux"] - flux[:, k]) / catalog[f"{band}_fluxErr"]
        for k, band in enumerate("ugrizy")
    ]
    pulls.append((catalog["dec"] - truth["dec"]) / catalog["decErr"])
    east = (catalog["ra"] - truth["ra"]) * np.cos(np.radians(truth["dec"]))
    pulls.append(east / catalog["raErr"])
    pulls.append((catalog["pmRa"] - truth["pmRa"]) / catalog["pmRaErr"])
    pulls.append((catalog["parallax"] - truth["parallax"]) / catalog["parallaxErr"])
    pulls.append((catalog["pmDec"] - truth["pmDec"]) / catalog["pmDecErr"])
    for pull in pulls:
        assert abs(pull.mean()) < 4 / np.sqrt(len(pull))
        assert pull.std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * len(pull)))
    apart = np.corrcoef(pulls)[np.triu_indices(len(pulls), 1)]
    assert np.abs(apart).max() < 5 / np.sqrt(len(truth))


def test_five_sigma_at_the_depth_of_ps1():
    """A star of r = 23.2 has an error of a fifth of its flux (Chambers et al. 2016)."""
    from skytract.pipelines.simulate import reference
    from skytract.pipelines.simulate.objects import empty, flux_of_magnitude

    star = empty(1, "star")
    star["flux"] = flux_of_magnitude(np.float64(20.0))
    error = reference_catalog(1, star)["r_fluxErr"][0]
    floor = reference.FLOOR * star["flux"][0]
    faint = flux_of_magnitude(np.float64(23.2)) / 5.0
    assert error == pytest.approx(np.hypot(floor, faint), rel=1e-6)


def test_noise_belongs_to_the_star(objects, matched):
    part = reference_catalog(6, objects[::3])
    whole = matched[0]
    rows = np.searchsorted(whole["refStarId"], part["refStarId"])
    for name, column in part.items():
        np.testing.assert_array_equal(column, whole[name][rows])
    other = reference_catalog(7, objects)
    assert not np.isin(other["r_flux"], whole["r_flux"]).any()
