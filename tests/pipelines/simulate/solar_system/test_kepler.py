import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from skytract.pipelines.simulate.solar_system.kepler import (
    GAUSS,
    ORBIT,
    eccentric_anomaly,
    propagate,
)


def orbit(a, e, incl=10.0, node=80.0, peri=130.0, mean=200.0):
    row = np.zeros(1, ORBIT)
    for name, value in zip(
        ("a", "e", "incl", "node", "argPeri", "meanAnomaly", "epoch"),
        (a, e, incl, node, peri, mean, 60000.0),
        strict=True,
    ):
        row[name] = value
    return row


def test_keplers_equation_is_solved_to_1e_12_up_to_e_of_0_99():
    e, mean = np.meshgrid([0.0, 1e-8, 0.1, 0.5, 0.9, 0.97, 0.99], np.linspace(-20.0, 20.0, 4001))
    near = np.meshgrid([0.9, 0.97, 0.99, 0.999], np.geomspace(1e-15, 0.1, 300))
    e, mean = np.append(e, near[0]), np.append(mean, near[1])
    anomaly = eccentric_anomaly(mean, e)
    wrapped = np.remainder(mean + np.pi, 2.0 * np.pi) - np.pi
    assert np.abs(anomaly - e * np.sin(anomaly) - wrapped).max() < 1e-12
    # The anomaly itself, where the equation is steepest: a bisection is the oracle.
    low, high = wrapped - 1.0, wrapped + 1.0
    for _ in range(70):
        middle = (low + high) / 2.0
        above = middle - e * np.sin(middle) > wrapped
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    # Rounding of M, 4e-16 x pi, is divided by the slope 1 - e cos E >= 1 - e.
    assert np.abs(anomaly - middle).max() < 1e-12


@pytest.mark.parametrize(("a", "e"), [(2.7, 0.1), (1.5, 0.6), (44.0, 0.05), (2.2, 0.95)])
def test_motion_is_that_of_the_equation_of_motion(a, e):
    """Numerical integration of r'' = -k^2 r / r^3 over 1000 d."""
    orbits = orbit(a, e)
    position, velocity = propagate(orbits, 60000.0)

    def newton(_, state):
        return [*state[3:], *(-(GAUSS**2) * state[:3] / np.sum(state[:3] ** 2) ** 1.5)]

    start = np.concatenate([position[0], velocity[0]])
    path = solve_ivp(
        newton, (0.0, 1000.0), start, "DOP853", [300.0, 1000.0], rtol=1e-12, atol=1e-14
    )
    for column, mjd in enumerate((60300.0, 61000.0)):
        there, speed = propagate(orbits, mjd)
        # Ten times the error that the integrator may collect; 1e-10 au is 15 m.
        np.testing.assert_allclose(there[0], path.y[:3, column], atol=1e-9)
        np.testing.assert_allclose(speed[0], path.y[3:, column], atol=1e-10)


def universal(position, velocity, days):
    """Return the position after some days by universal variables: no elements, no anomalies."""
    radius, speed2 = np.linalg.norm(position), velocity @ velocity
    alpha, sigma = 2.0 / radius - speed2 / GAUSS**2, position @ velocity / GAUSS
    chi = GAUSS * days * alpha
    for _ in range(60):
        psi = chi**2 * alpha
        c2, c3 = (1.0 - np.cos(psi**0.5)) / psi, (psi**0.5 - np.sin(psi**0.5)) / psi**1.5
        now = chi**2 * c2 + sigma * chi * (1.0 - psi * c3) + radius * (1.0 - psi * c2)
        time = chi**3 * c3 + sigma * chi**2 * c2 + radius * chi * (1.0 - psi * c3)
        chi += (GAUSS * days - time) / now
    psi = chi**2 * alpha
    c2, c3 = (1.0 - np.cos(psi**0.5)) / psi, (psi**0.5 - np.sin(psi**0.5)) / psi**1.5
    f, g = 1.0 - chi**2 / radius * c2, days - chi**3 / GAUSS * c3
    return f * position + g * velocity


@given(
    st.floats(0.7, 60.0), st.floats(0.0, 0.9), st.floats(0.0, 170.0), st.floats(0.0, 360.0),
    st.floats(1.0, 900.0),
)  # fmt: skip
@settings(deadline=None)
def test_universal_variables_lead_to_the_same_place(a, e, incl, angle, days):
    orbits = orbit(a, e, incl, angle, 2.0 * angle, 3.0 * angle)
    position, velocity = propagate(orbits, 60000.0)
    expected = universal(position[0], velocity[0], days)
    np.testing.assert_allclose(propagate(orbits, 60000.0 + days)[0][0], expected, atol=1e-9 * a)


def test_energy_period_and_orientation_are_the_elements():
    orbits = orbit(2.5, 0.3, incl=0.0, node=0.0, peri=0.0, mean=0.0)
    position, velocity = propagate(orbits, 60000.0)
    np.testing.assert_allclose(position, [[2.5 * 0.7, 0.0, 0.0]], atol=1e-15)
    energy = velocity[0] @ velocity[0] / 2.0 - GAUSS**2 / (2.5 * 0.7)
    assert energy == pytest.approx(-(GAUSS**2) / 5.0, rel=1e-14)
    # Direct motion in the ecliptic: towards +y, 23.4 deg above the equator.
    assert np.degrees(np.arctan2(velocity[0, 2], velocity[0, 1])) == pytest.approx(
        23.4393, abs=1e-4
    )
    period = 365.256898326 * 2.5**1.5  # the Gaussian year
    np.testing.assert_allclose(propagate(orbits, 60000.0 + period)[0], position, atol=1e-9)
