import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from skytract.pipelines.simulate.variability.kinds import kind_index
from skytract.pipelines.simulate.variability.pulsators import (
    MODULUS,
    POPULATIONS,
    cloud_density,
    draw_pulsators,
    expected,
)

DEGREE2 = np.radians(1.0) ** 2


def galactic(ra, dec):
    return SkyCoord(ra, dec, unit="deg").galactic.cartesian.xyz.value


def number(index, direction, near, far):
    """Return stars per square degree of a population between distance moduli."""
    here = (MODULUS > near) & (MODULUS < far)
    return float(expected(POPULATIONS[index], direction)[here].sum() * DEGREE2)


def test_rr_lyrae_of_the_smooth_halo_are_most_of_those_in_stripe_82():
    """483 in about 290 square degrees, 5 to 100 kpc (Sesar et al. 2010).

    At least a fifth of them belong to streams and clouds, which the smooth halo does not have.
    """
    stripe = [galactic(ra, 0.0) for ra in range(-48, 60, 6)]
    mean = np.mean([number(0, v, 13.5, 20.0) + number(1, v, 13.5, 20.0) for v in stripe])
    assert 0.6 < mean / (483.0 / 290.0) < 0.9


def test_rr_lyrae_within_30_kpc_are_those_of_linear():
    """4,000 RRab between 5 and 30 kpc in 8,000 square degrees (Sesar et al. 2013, AJ 146, 21)."""
    area = [(ra, dec) for ra in range(125, 236, 15) for dec in (0.0, 15.0, 30.0, 45.0, 60.0)]
    near, far = 5.0 * np.log10(500.0), 5.0 * np.log10(3000.0)
    found = [number(0, galactic(*place), near, far) for place in area]
    mean = np.average(found, weights=[np.cos(np.radians(dec)) for _, dec in area])
    assert mean == pytest.approx(4000.0 / 8000.0, rel=0.2)


def test_delta_scuti_are_as_rare_as_in_linear():
    """112 to 3913 RR Lyrae (Palaversa et al. 2013) at r = 14 to 17, galactic latitudes above 30."""
    directions = [galactic(ra, dec) for ra in range(130, 240, 20) for dec in (10.0, 35.0, 55.0)]
    scuti = np.mean([number(2, v, 14.0 - 2.3, 17.0 - 2.3) for v in directions])
    lyrae = np.mean([number(k, v, 14.0 - 0.55, 17.0 - 0.55) for v in directions for k in (0, 1)])
    assert scuti / (2.0 * lyrae) == pytest.approx(112.0 / 3913.0, rel=0.25)


def test_the_clouds_hold_all_their_cepheids():
    vectors = np.stack(healpy.pix2vec(32, np.arange(12 * 32**2)), axis=1)
    sphere = sum(cloud_density(v, 280.47, -32.89, 1.5) for v in vectors)
    assert sphere * 4.0 * np.pi / len(vectors) == pytest.approx(1.0, rel=0.1)
    large_cloud = galactic(80.9, -69.76)
    stars = draw_pulsators(np.random.default_rng(1), large_cloud, DEGREE2)
    cepheids = stars[stars["varKind"] == kind_index("cepheid")]
    # 4620 / (2 pi 1.5^2) = 327 per square degree in the middle; V = 15.5 at 5 d (OGLE-III).
    assert len(cepheids) == pytest.approx(327, abs=60)
    magnitude = 31.4 - 2.5 * np.log10(cepheids["flux"][np.abs(cepheids["period"] - 5.0) < 1.0])
    assert np.median(magnitude) == pytest.approx(15.2, abs=0.3)


def test_magnitudes_follow_distances():
    stars = draw_pulsators(np.random.default_rng(1), galactic(0.0, -30.0), 1000.0 * DEGREE2, 2.0)
    magnitude = stars["absoluteR"] + 5.0 * np.log10(stars["distance"]) - 5.0
    np.testing.assert_allclose(31.4 - 2.5 * np.log10(stars["flux"]), magnitude, atol=1e-5)
    assert set(np.unique(stars["component"])) <= {0, 1, 2}
