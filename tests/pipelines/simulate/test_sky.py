import healpy
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, poisson

from skytract.pipelines.simulate import sky
from skytract.pipelines.simulate.galaxies import BRIGHT, FAINT
from skytract.pipelines.simulate.objects import OBJECT, empty, is_kind, place
from skytract.pipelines.simulate.variables import VARIABLE_KINDS

SQUARE_ARCMIN = (10800.0 / np.pi) ** 2


def separation(objects, ra, dec):
    lon, lat = np.radians(objects["ra"] - ra), np.radians(objects["dec"])
    cosine = np.sin(lat) * np.sin(np.radians(dec)) + np.cos(lat) * np.cos(np.radians(dec)) * np.cos(
        lon
    )
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


@settings(max_examples=15, deadline=None)
@given(
    ra=st.floats(0.0, 360.0, exclude_max=True),
    dec=st.floats(-90.0, 90.0),
    inner=st.floats(0.005, 0.03),
    shift=st.floats(0.0, 0.01),
)
def test_the_same_objects_whatever_region_is_asked_for(ra, dec, inner, shift):
    north = float(np.clip(dec + shift, -90.0, 90.0))
    part = sky.objects_in_cone(3, ra, dec, inner)
    whole = sky.objects_in_cone(3, ra, north, inner + 2.0 * shift)
    again = whole[np.isin(whole["truthId"], part["truthId"])]
    assert again.tobytes() == part.tobytes()
    assert np.all(np.diff(whole["truthId"]) > 0)


def test_a_cone_is_the_part_of_its_cells_within_the_radius():
    cells = healpy.query_disc(
        1 << sky.CELL_ORDER, healpy.ang2vec(359.99, 1.0, lonlat=True), 0.003, nest=True
    )
    everything = np.concatenate([sky.objects_in_cell(5, int(cell)) for cell in cells[::-1]])
    distance = separation(everything, 359.99, 1.0)
    expected = np.sort(everything["truthId"][distance < 0.05])
    assert len(expected) > 100
    found = sky.objects_in_cone(5, 359.99, 1.0, 0.05)
    np.testing.assert_array_equal(found["truthId"], expected)


def test_another_seed_is_another_sky():
    one, other = (sky.objects_in_cell(seed, 1000) for seed in (1, 2))
    assert not np.isin(one["truthId"], other["truthId"]).any()
    assert not np.isin(one["flux"], other["flux"]).any()


def test_the_id_is_the_healpix_index_of_the_position():
    objects = sky.objects_in_cell(11, 123456)
    index = healpy.ang2pix(1 << 29, objects["ra"], objects["dec"], nest=True, lonlat=True)
    np.testing.assert_array_equal(index, objects["truthId"])
    assert set(index >> 36) == {123456}


def test_two_objects_never_share_an_id():
    same = place([empty(3, "star"), empty(2, "galaxy")], [np.array([7, 9, 7]), np.array([7, 8])])
    np.testing.assert_array_equal(same["truthId"], [7, 8, 9, 10, 11])


def test_objects_are_uniform_over_their_cells():
    objects = np.concatenate([sky.objects_in_cell(2, cell) for cell in range(200, 240)])
    quarter = np.bincount(((objects["truthId"] >> 30) & 63).astype(int), minlength=64)
    expected = len(objects) / 64
    assert chi2.sf(np.sum((quarter - expected) ** 2 / expected), 63) > 1e-3


def test_galaxy_counts_are_those_of_the_science_book():
    galaxies = np.concatenate([sky.objects_in_cell(4, cell) for cell in range(60)])
    galaxies = galaxies[is_kind(galaxies, "galaxy")]
    magnitude = 31.4 - 2.5 * np.log10(galaxies["flux"])
    area = 60 * 41252.96125 * 3600.0 / (12 * 4**sky.CELL_ORDER)
    for limit in (22.0, 23.0, FAINT):
        density = 46.0 * (10 ** (0.31 * (limit - 25.0)) - 10 ** (0.31 * (BRIGHT - 25.0)))
        number = int(np.sum(magnitude < limit))
        assert 1e-3 < poisson.cdf(number, density * area) < 1 - 1e-3
    assert np.all((galaxies["axisRatio"] >= 0.2) & (galaxies["axisRatio"] <= 1.0))
    assert 0.2 < np.median(galaxies["diskScale"]) < 0.6


def test_every_cell_holds_one_variable_of_each_class():
    objects = sky.objects_in_cell(9, 77)
    assert objects.dtype == OBJECT
    for kind in ("rrLyrae", "eclipsing", "sinusoidal"):
        assert np.sum(objects["varKind"] == VARIABLE_KINDS.index(kind)) == 1
