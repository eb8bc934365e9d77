import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.simulate.wcs import TanSip, cd_matrix


def build(ra, dec, rotation, reference=(1210.5, -340.25)):
    return TanSip(ra, dec, reference, cd_matrix(0.3, rotation))


def astropys(wcs):
    return WCS(fits.Header(list(wcs.header().items())))


@settings(max_examples=60, deadline=None)
@given(
    ra=st.floats(0.0, 359.999),
    dec=st.floats(-89.0, 89.0),
    rotation=st.floats(0.0, 360.0),
    x=st.floats(-2000.0, 2000.0),
    y=st.floats(-2000.0, 2000.0),
)
def test_pixels_are_astropys(ra, dec, rotation, x, y):
    wcs = build(ra, dec, rotation)
    lon, lat = astropys(wcs).all_pix2world([x], [y], 0)
    ours = np.ravel(wcs.to_pixels(lon, lat))
    np.testing.assert_allclose(ours, [x, y], atol=1e-6)


def test_distortion_is_a_pixel_at_a_thousand():
    wcs = build(10.0, 0.0, 0.0, reference=(0.0, 0.0))
    plain = astropys(wcs)
    plain.sip = None
    sky = plain.wcs_pix2world([1001.0], [0.0], 0)
    x, y = wcs.to_pixels(*sky)
    np.testing.assert_allclose([x[0], y[0]], [1000.0, 0.0], atol=0.01)


def test_rotation_is_the_position_angle_of_y():
    for rotation in (0.0, 30.0, 200.0):
        wcs = astropys(build(50.0, -20.0, rotation, reference=(0.0, 0.0)))
        (ra0, ra1), (dec0, dec1) = wcs.all_pix2world([0.0, 0.0], [0.0, 10.0], 0)
        east = (ra1 - ra0) * np.cos(np.radians(dec0))
        angle = np.degrees(np.arctan2(east, dec1 - dec0)) % 360.0
        np.testing.assert_allclose(angle, rotation, atol=1e-3)
    # And right ascension grows to the left when north is up.
    ra, _ = astropys(build(50.0, -20.0, 0.0)).all_pix2world([0.0, 100.0], [0.0, 0.0], 0)
    assert ra[1] < ra[0]


def test_nothing_is_seen_behind_the_tangent_point():
    x, _ = build(10.0, -30.0, 0.0).to_pixels(np.array([190.0]), np.array([30.0]))
    assert np.isnan(x[0])
