"""Differences, forced fluxes, coadds and calibration: against the truth of the same survey."""

import numpy as np
import pytest

from skytract.pipelines.simulate.catalog.camera import legendre
from skytract.pipelines.simulate.catalog.coadd_bands import COUNTS


def unit_width(pulls):
    """Whether pulls have a mean of 0 and a width of 1 within 2 % and their own noise."""
    assert len(pulls) > 50
    assert abs(np.std(pulls) - 1.0) < 0.02 + 3.0 / np.sqrt(2.0 * len(pulls))
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(len(pulls))
    return True


def test_true_zero_points_give_true_magnitudes(tiny):
    """Counts times zMean over the flat field is the flux, but for the colour terms."""
    both = tiny.joined("Source", "sourceId")
    images = tiny.table("TruthVisitDetector")
    both = both.merge(images, on=["visit", "detector"])
    both = both.merge(tiny.table("TruthObject"), "inner", "truthId", suffixes=("", "Object"))
    good = (both["members"] == 1) & ~both["isVariable"] & (both["class"] == "star")
    both = both[good & ~both["pixelFlags_saturated"] & ~both["isOutlier"]]
    flat = 1.0 + np.einsum(
        "nk,kn->n", np.stack(both["flat"]), legendre(both["x"].to_numpy(), both["y"].to_numpy())
    )
    flux = both["counts"] * both["zMean"] / flat
    true = np.choose(
        ["ugrizy".index(band) for band in both["band"]],
        [both[f"{band}_flux"].to_numpy() for band in "ugrizy"],
    )
    magnitudes = 2.5 * np.log10(flux / true)
    red = both["band"].isin(list("rizy")).to_numpy()
    assert np.std(magnitudes[red]) < 0.02  # colour terms of normal stars, and flat fields of 0.4 %
    assert np.std(magnitudes[red]) > 0.0005
    assert np.abs(np.median(magnitudes[red])) < 0.01


def test_forced_fluxes_are_the_detected_ones(tiny):
    forced = tiny.table("ForcedSource")
    detected = tiny.joined("Source", "sourceId")
    clean = detected[(detected["members"] == 1) & ~detected["isOutlier"]]
    both = forced.merge(
        clean,
        left_on=["objectId", "visit", "detector"],
        right_on=["truthId", "visit", "detector"],
        suffixes=("", "Source"),
    )
    both = both[~both["pixelFlags_saturated"]]
    moved = np.hypot(both["x"] - both["xTrue"], both["y"] - both["yTrue"])
    both = both[moved < 1.0]  # else the place is wrong by the motion of the star
    lost = 1.0 - both["psfInstFlux"] / both["psfInstFluxTrue"]
    assert abs(np.median(lost)) < 0.01
    # A tenth of a pixel loses 1e-3 of the light, which faint ones do not notice.
    still = both[(moved < 0.1) & (both["psfInstFluxTrue"] < 60.0 * both["psfInstFluxErr"])]
    assert unit_width((still["psfInstFlux"] - still["psfInstFluxTrue"]) / still["psfInstFluxErr"])
    assert forced["objectId"].isin(tiny.table("TruthObject")["truthId"]).all()


def test_differences_are_of_what_varies_or_moves(tiny):
    found = tiny.joined("DiaSource", "diaSourceId")
    real = found[found["truthId"] > 0]
    objects = tiny.table("TruthObject")
    varying = set(objects["truthId"][objects["isVariable"]])
    bodies = set(tiny.table("TruthSSObject")["ssObjectId"])
    assert set(real["truthId"]) <= varying | bodies
    assert (found["isDipole"] == (found["truthId"] < 0)).all()
    assert (found["isNegative"] == (found["psfInstFlux"] < 0.0)).all()
    strong = found[np.abs(found["change"]) > 10.0 * found["psfInstFluxErr"]]
    assert unit_width((strong["psfInstFlux"] - strong["change"]) / strong["psfInstFluxErr"])


def test_coadds_show_each_object_once_per_patch(tiny):
    table = tiny.coadds("ObjectMeasurement")
    table = table.merge(tiny.table("TruthObjectMeasurement"), on="measurementId")
    assert not table.duplicated(["measurementId", "band"]).any()
    inner = table[table["isPatchInner"] & table["isTractInner"] & (table["members"] == 1)]
    # A place near the border may be measured inside of two inner regions, or of none.
    twice = inner.duplicated(["truthId", "band"])
    assert twice.mean() < 1e-3
    objects = tiny.table("TruthObject").set_index("truthId").loc[inner["truthId"]]
    flux = np.choose(
        ["ugrizy".index(band) for band in inner["band"]],
        [objects[f"{band}_flux"].to_numpy() for band in "ugrizy"],
    )
    stars = (objects["class"] == "star").to_numpy()
    counts, error = inner["psfInstFlux"].to_numpy(), inner["psfInstFluxErr"].to_numpy()
    bright = stars & (counts > 10.0 * error)
    assert unit_width((counts - COUNTS * flux)[bright] / error[bright])
    sources = tiny.coadds("CoaddSource")
    assert set(sources["coaddSourceId"] // 8) <= set(table["measurementId"])
    assert (sources["snr"] >= 5.0).all()


def test_depth_grows_with_the_images(tiny):
    table = tiny.coadds("ObjectMeasurement")
    for _, band in table.groupby("band"):
        faint = band[band["psfInstFlux"] < 20.0 * band["psfInstFluxErr"]]
        if faint["inputCount"].nunique() > 1:
            least, most = faint["inputCount"].min(), faint["inputCount"].max()
            errors = faint.groupby("inputCount")["psfInstFluxErr"].median()
            assert errors[most] < errors[least]


@pytest.mark.parametrize("kind", ["Source", "DiaSource", "ForcedSource"])
def test_flags_are_rare(tiny, kind):
    table = tiny.table(kind)
    for name in ("edge", "saturated", "bad", "cr", "interpolated", "suspect"):
        assert table[f"pixelFlags_{name}"].mean() < 0.15, name
