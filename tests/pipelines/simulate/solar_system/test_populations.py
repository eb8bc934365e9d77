import numpy as np
import pytest

from skytract.pipelines.simulate.sites import sun_direction
from skytract.pipelines.simulate.solar_system.ephemeris import SolarSystem
from skytract.pipelines.simulate.solar_system.populations import (
    COUNTS,
    KIRKWOOD,
    POPULATIONS,
    draw_orbits,
)

LIMITS = (16.0, 20.0, 8.5)


@pytest.fixture(scope="module")
def orbits():
    return draw_orbits(1, LIMITS)


def of(orbits, name):
    return orbits[orbits["population"] == POPULATIONS.index(name)]


def test_numbers_follow_the_published_counts(orbits):
    near = of(orbits, "nearEarth")
    # 962 +- 5 % brighter than 17.75 (Granvik et al. 2018).
    assert np.sum(near["H"] < 17.75) == pytest.approx(962, abs=4 * 31)
    belt = of(orbits, "mainBelt")["H"]
    slope = np.log10(np.sum(belt < 14.9) / np.sum(belt < 12.9)) / 2.0
    assert slope == pytest.approx(0.51, abs=0.02)  # Gladman et al. (2009), H = 11 to 15
    assert np.all(np.diff(belt) > -0.01)


def test_ids_are_unique_and_beyond_those_of_fixed_objects(orbits):
    assert len(np.unique(orbits["ssObjectId"])) == len(orbits)
    assert orbits["ssObjectId"].min() >= 12 * 4**29


def test_belt_has_gaps_and_edges(orbits):
    belt = of(orbits, "mainBelt")
    for centre, width in KIRKWOOD:
        inside = np.sum(np.abs(belt["a"] - centre) < 0.6 * width)
        beside = np.sum(np.abs(belt["a"] - centre + 3.0 * width) < 0.6 * width)
        assert inside < 0.05 * beside
    perihelion = belt["a"] * (1.0 - belt["e"])
    assert perihelion.min() > 1.66 and belt["a"].max() < 3.36
    assert np.mean(belt["e"]) == pytest.approx(0.14, abs=0.02)


def test_near_earth_objects_come_near_the_earth(orbits):
    near = of(orbits, "nearEarth")
    assert np.all(near["a"] * (1.0 - near["e"]) <= 1.3)
    assert np.all(near["a"] * (1.0 + near["e"]) >= 0.983)
    assert np.all((near["e"] > 0.0) & (near["e"] < 0.98))
    crossing = np.mean(near["a"] * (1.0 - near["e"]) < 1.017)
    assert crossing == pytest.approx(0.6, abs=0.1)  # Apollos and Atens: 58 % (Granvik et al. 2018)


def test_trans_neptunian_objects_stay_beyond_neptune(orbits):
    far = of(orbits, "transNeptunian")
    assert np.all(far["a"] * (1.0 - far["e"]) > 25.0)
    assert np.all((far["e"] >= 0.0) & (far["e"] < 1.0))


@pytest.mark.parametrize(
    ("name", "limit", "density"), [("mainBelt", 23.0, 210.0), ("transNeptunian", 23.4, 1.0)]
)
def test_sky_is_as_full_as_observed_at_opposition(orbits, name, limit, density):
    """210 per square degree at R = 23 (Gladman et al. 2009); 1 at R = 23.4 (Fraser 2009).

    Orbits are independent of H: each body in the field stands for all those that would be bright
    enough on its orbit. R = r - 0.2 (AB to Vega).
    """
    x, y, z = -sun_direction(np.array([60615.2]))[0]
    ra, dec = np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arcsin(z))
    bodies = of(orbits, name)
    seen = SolarSystem(bodies).positions_in_field(60615.2, ra, dec, 4.0)
    dimmer = seen["magnitude"][:, 2] - bodies["H"][seen["row"]]
    faintest = limit + 0.2 - dimmer
    number = 10.0 ** np.interp(faintest, *COUNTS[POPULATIONS.index(name)])
    found = np.sum(number) / len(bodies) / (np.pi * 4.0**2)
    assert found == pytest.approx(density, rel=0.5)


def test_a_deeper_draw_has_the_same_bright_bodies(orbits):
    fewer = draw_orbits(1, (15.0, 19.0, 7.0))
    for name in POPULATIONS:
        few = of(fewer, name)
        assert few.tobytes() == of(orbits, name)[: len(few)].tobytes()
    assert (
        draw_orbits(2, (10.0, 15.0, 4.0)).tobytes() != draw_orbits(1, (10.0, 15.0, 4.0)).tobytes()
    )
