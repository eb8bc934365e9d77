"""The pictures of the demo: arrays in, one PNG each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLOURS = {
    "u": "#56b4e9",
    "g": "#008060",
    "r": "#ff4000",
    "i": "#850000",
    "z": "#6600cc",
    "y": "#000000",
}
"""Colour of each band, told apart in print and by the colour-blind."""

SYMBOLS = {"u": "o", "g": "^", "r": "v", "i": "s", "z": "*", "y": "p"}


@contextmanager
def _picture(path: Path, title: str, rows: int = 1) -> Iterator[list[Axes]]:
    figure, axes = plt.subplots(
        rows, 1, figsize=(7.0, 2.6 + 2.2 * rows), squeeze=False, layout="constrained"
    )
    figure.suptitle(title, fontsize=11)
    yield list(axes[:, 0])
    figure.savefig(path, dpi=110)
    plt.close(figure)


def plot_light_curve(
    path: Path,
    object_id: int,
    mjd: Floats,
    band: NDArray[np.str_],
    flux: Floats,
    error: Floats,
    period: float | None = None,
) -> None:
    """Draw forced fluxes of one object against time and, if a period is given, phase.

    Parameters
    ----------
    mjd, flux, error
        Times (MJD TAI), fluxes and 1-sigma errors [nJy]; shape (n,).
    band
        Band of each flux.
    period
        True period of the star, days.
    """
    title = f"Forced photometry of object {object_id}"
    with _picture(path, title, rows=2 if period else 1) as axes:
        first_day = np.floor(mjd.min())
        horizontals = [(mjd - first_day, f"MJD TAI - {first_day:.0f} [d]")]
        if period:
            phase = mjd / period % 1.0
            horizontals.append((phase, f"phase with the true period of {period:.5f} d"))
        for axis, (horizontal, label) in zip(axes, horizontals, strict=True):
            for name in sorted(set(band.tolist())):
                chosen = band == name
                axis.errorbar(
                    horizontal[chosen],
                    flux[chosen] / 1000.0,
                    error[chosen] / 1000.0,
                    fmt=SYMBOLS[name],
                    color=COLOURS[name],
                    label=name,
                    markersize=5,
                )
            axis.set(xlabel=label, ylabel="psfFlux [µJy]")
        if period:
            axes[1].set_xlim(0.0, 1.0)
        axes[0].legend(title="band")


def plot_colour_magnitude(
    path: Path, blue: Floats, red: Floats, point: NDArray[np.bool_], bands: str
) -> None:
    """Draw a colour-magnitude diagram of stars and galaxies.

    Parameters
    ----------
    blue, red
        AB magnitudes in the two bands; shape (n,).
    point
        True for point sources.
    bands
        Names of the two bands, e.g. "gr".
    """
    with _picture(path, "Colour-magnitude diagram of dr1.Object") as (axis,):
        for chosen, label, colour in (
            (point, "point source", "#0072b2"),
            (~point, "extended", "#d55e00"),
        ):
            axis.plot(blue[chosen] - red[chosen], red[chosen], ".", color=colour, label=label)
        axis.set(xlabel=f"{bands[0]} - {bands[1]} [mag]", ylabel=f"{bands[1]} [AB mag]")
        axis.invert_yaxis()
        axis.legend()


def plot_repeatability(
    path: Path, magnitude: Floats, scatter: Floats, expected: Floats, band: NDArray[np.str_]
) -> None:
    """Draw the scatter of repeated measurements against magnitude, beside what noise explains.

    Parameters
    ----------
    magnitude
        Mean AB magnitude of each star and band; shape (n,).
    scatter, expected
        Standard deviation of its measurements, and the mean of their errors [mmag].
    """
    with _picture(path, "Scatter of point sources over the visits, variable ones included") as (
        axis,
    ):
        for name in sorted(set(band.tolist())):
            chosen = band == name
            axis.plot(
                magnitude[chosen],
                scatter[chosen],
                SYMBOLS[name],
                color=COLOURS[name],
                markersize=4,
                label=f"{name}, measured",
            )
        order = np.argsort(magnitude)
        axis.plot(
            magnitude[order],
            expected[order],
            ".",
            color="0.6",
            markersize=2,
            label="expected from the errors",
        )
        axis.set(xlabel="AB magnitude", ylabel="scatter [mmag]", yscale="log")
        axis.legend()


def plot_colour_term(
    path: Path,
    colour: Floats,
    offset: Floats,
    zero_point: float,
    slope: float,
    labels: tuple[str, str],
) -> None:
    """Draw reference minus instrumental magnitude against colour, with the fitted line.

    Parameters
    ----------
    colour, offset
        Colour of each star and its zero point [mag]; shape (n,).
    zero_point, slope
        The fitted line, mag and mag per mag.
    labels
        Of the two axes.
    """
    with _picture(path, "Zero point with colour term") as (axis,):
        axis.plot(colour, offset, ".", color="#0072b2")
        line = np.array([colour.min(), colour.max()])
        axis.plot(
            line,
            zero_point + slope * line,
            "-",
            color="#d55e00",
            label=f"{zero_point:.3f} + {slope:.3f} x colour",
        )
        axis.set(xlabel=labels[0], ylabel=labels[1])
        axis.legend()
