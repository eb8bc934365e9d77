import healpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate import sky
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.objects import KINDS, OBJECT, empty, is_kind, place, total_flux
from skytract.pipelines.simulate.stars import draw_stars
from skytract.pipelines.simulate.variability.kinds import VARIABLE_KINDS


def separation(objects, ra, dec):
    lon, lat = np.radians(objects["ra"] - ra), np.radians(objects["dec"])
    cosine = np.sin(lat) * np.sin(np.radians(dec)) + np.cos(lat) * np.cos(np.radians(dec)) * np.cos(
        lon
    )
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


@settings(max_examples=8, deadline=None)
@given(
    ra=st.floats(0.0, 360.0, exclude_max=True),
    dec=st.floats(-90.0, 90.0),
    inner=st.floats(0.02, 0.1),
    shift=st.floats(0.0, 0.01),
)
def test_the_same_objects_whatever_region_is_asked_for(ra, dec, inner, shift):
    north = float(np.clip(dec + shift, -90.0, 90.0))
    part = sky.objects_in_cone(3, ra, dec, inner, 17.5)
    whole = sky.objects_in_cone(3, ra, north, inner + 2.0 * shift, 17.5)
    again = whole[np.isin(whole["truthId"], part["truthId"])]
    assert again.tobytes() == part.tobytes()
    assert np.all(np.diff(whole["truthId"]) > 0)


def test_a_cone_is_the_part_of_all_cells_within_the_radius():
    """Of the cells around, each object once: those of groups that reach over borders, too."""
    cells = healpy.query_disc(
        1 << sky.CELL_ORDER, healpy.ang2vec(359.99, 1.0, lonlat=True), 0.012, nest=True
    )
    everything = np.concatenate([sky.objects_in_cell(5, int(cell), 22.5) for cell in cells[::-1]])
    assert len(np.unique(everything["truthId"])) == len(everything)
    distance = separation(everything, 359.99, 1.0)
    expected = np.sort(everything["truthId"][distance < 0.1])
    assert len(expected) > 100
    found = sky.objects_in_cone(5, 359.99, 1.0, 0.1, 22.5)
    np.testing.assert_array_equal(found["truthId"], expected)


def test_another_seed_is_another_sky():
    one, other = (sky.objects_in_cell(seed, 1000, 22.0) for seed in (1, 2))
    assert not np.isin(one["truthId"], other["truthId"]).any()
    assert not np.isin(one["flux"], other["flux"]).any()


def test_the_id_is_the_healpix_index_of_the_position():
    objects = sky.objects_in_cell(11, 123456, 23.0)
    objects = objects[~is_kind(objects, "transient")]
    index = healpy.ang2pix(1 << 29, objects["ra"], objects["dec"], nest=True, lonlat=True)
    np.testing.assert_array_equal(index, objects["truthId"])
    home = index >> 2 * (29 - sky.CELL_ORDER) == 123456
    assert home.mean() > 0.9
    np.testing.assert_array_equal(index % 2 == 0, home)
    centre = healpy.pix2ang(1 << sky.CELL_ORDER, 123456, nest=True, lonlat=True)
    corner = np.degrees(healpy.max_pixrad(1 << sky.CELL_ORDER))
    assert separation(objects, *centre).max() < corner + sky.REACH


def test_two_objects_never_share_an_id():
    bright, faint = empty(3, "star"), empty(2, "galaxy")
    bright["flux"], faint["flux"] = [30.0, 20.0, 10.0], [25.0, 5.0]
    placed = place([bright, faint], [np.array([8, 10, 8]), np.array([8, 8])])
    np.testing.assert_array_equal(placed["truthId"], [8, 10, 12, 14, 16])
    # The brightest keeps its place, the next takes the next but one, which is taken by nobody
    # brighter; the star of 20 at 10 yields to the galaxy of 25.
    np.testing.assert_array_equal(placed["flux"], [30.0, 25.0, 20.0, 10.0, 5.0])


@given(
    wanted=st.lists(st.integers(0, 6), min_size=1, max_size=12),
    data=st.data(),
)
def test_places_of_bright_objects_do_not_depend_on_faint_ones(wanted, data):
    number = len(wanted)
    flux = np.array(data.draw(st.permutations(range(1, number + 1))), float)
    objects = empty(number, "star")
    objects["flux"] = flux
    indices = 2 * np.array(wanted, np.int64)
    everything = place([objects], [indices])
    bright = flux > number / 2
    part = place([objects[bright]], [indices[bright]])
    again = everything[everything["flux"] > number / 2]
    assert again.tobytes() == part.tobytes()
    assert np.all(np.diff(everything["truthId"]) > 0)


@pytest.mark.parametrize("cell", [5, 300_000, 500_000])
@pytest.mark.parametrize("limit", [19.3, 22.0, 24.17])
def test_the_same_objects_whatever_the_limit(cell, limit):
    """Transients apart, which come with their hosts."""
    deep, shallow = (sky.objects_in_cell(3, cell, m) for m in (25.0, limit))
    constant = [objects[~is_kind(objects, "transient")] for objects in (deep, shallow)]
    bright = total_flux(constant[0]) > 10.0 ** (0.4 * (31.4 - limit))
    assert constant[0][bright].tobytes() == constant[1].tobytes()
    assert len(constant[1]) > 0


def test_stars_are_uniform_over_their_cells():
    drawn = np.concatenate([draw_stars(Cell(2, cell), 24.0)[1] for cell in range(200, 240)])
    quarter = np.bincount(((drawn >> 36) & 63).astype(int), minlength=64)
    expected = len(drawn) / 64
    assert chi2.sf(np.sum((quarter - expected) ** 2 / expected), 63) > 1e-3


def test_every_kind_of_object_is_there():
    objects = sky.objects_in_cell(9, 77_000, 24.5, boost=300.0)
    assert objects.dtype == OBJECT
    assert set(objects["kind"]) == {KINDS.index(k) for k in ("star", "galaxy", "qso", "transient")}
    ways = {VARIABLE_KINDS[k] for k in objects["varKind"]}
    assert {"constant", "rrLyraeAb", "eclipsing", "flareStar", "dampedRandomWalk"} <= ways
    assert is_kind(objects, "transient").any()
    quasars = objects[is_kind(objects, "qso")]
    assert np.all(quasars["varKind"] == VARIABLE_KINDS.index("dampedRandomWalk"))
    periodic = np.isfinite(objects["period"])
    assert np.all(objects["period"][periodic] > 0.0)
    stars = objects[is_kind(objects, "star")]
    assert np.all(stars["parallax"] > 0.0) and np.all(stars["redshift"] == 0.0)


def test_boost_multiplies_pulsating_stars_alone():
    few, many = (sky.objects_in_cell(9, 77_000, 21.0, boost) for boost in (1.0, 500.0))
    plain = [objects[~np.isin(objects["varKind"], [1, 2, 3, 4, 5])] for objects in (few, many)]
    assert plain[0].tobytes() == plain[1].tobytes()
    assert len(many) > len(few)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"limit": 30.0}, "holds r magnitudes from 14 to 28"),
        ({"limit": float("nan")}, "holds r magnitudes from 14 to 28"),
        ({"boost": -1.0}, "boost is -1.0, but it multiplies a density"),
        ({"radius": 0.0}, "There is no circle of 0.0 deg"),
        ({"dec": 91.0}, "There is no circle of 0.1 deg"),
    ],
)
def test_what_is_no_sky_is_refused(request_, words):
    with pytest.raises(SkytractError, match=words):
        sky.objects_in_cone(**{"seed": 1, "ra": 10.0, "dec": 0.0, "radius": 0.1, **request_})


def test_nothing_is_brighter_than_the_model_holds():
    objects = sky.objects_in_cell(9, 77_000, 18.0, boost=3000.0)
    assert total_flux(objects).max() < 10.0 ** (0.4 * (31.4 - sky.BRIGHTEST))
