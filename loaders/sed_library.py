"""Real spectra of stars, white dwarfs, galaxies and QSOs, from packages that ship them.

`sed_library.yaml` lists them with their publications. The packages are read as data, not imported.
"""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from astropy import units
from astropy.io import fits
from numpy.typing import ArrayLike, NDArray
from pyarrow import csv

from skytract.loaders.package_data import package_file
from skytract.loaders.passband_library import read_standard_passbands
from skytract.udf.calibration.continue_spectrum import continue_spectrum
from skytract.udf.calibration.spectra import bin_average, extend, mean_fluxes

Array = NDArray[np.float64]

STEP = 0.25
"""Spectra that are sampled more finely than this [nm] are thinned to it."""


@dataclass(frozen=True)
class SedLibrary:
    """Spectra side by side; entry i of every field belongs to one of them."""

    name: tuple[str, ...]
    kind: tuple[str, ...]
    """star, whiteDwarf, galaxy or qso."""
    subtype: tuple[str, ...]
    """Spectral or morphological type, as published."""
    source: tuple[str, ...]
    licence: tuple[str, ...]
    unit: tuple[str, ...]
    """Unit of the flux in the file, as astropy writes it."""
    waveKind: tuple[str | None, ...]
    """air or vacuum; None if the source does not say."""
    measured: Array
    """First and last wavelength of the publication [nm], shape (n, 2); beyond, it is continued."""
    nodes: tuple[tuple[Array, Array], ...]
    """Wavelengths at rest [nm], and f_nu in nJy at the scale of `fNu`, as sampled and continued."""
    fNu: NDArray[np.float32]
    """Spectra at rest in the bins of 1 nm, of mean 1 nJy in r of lsst2023, shape (n, 801)."""

    def index(self, name: str) -> int:
        """Return the place of the spectrum of this name."""
        return self.name.index(name)

    def redshifted(self, i: int, redshift: ArrayLike) -> Array:
        """Return spectrum i at redshifts, at its scale at rest, shape (..., 801)."""
        wavelength, f_nu = self.nodes[i]
        z = np.atleast_1d(np.asarray(redshift, float))
        curves = [bin_average(*extend(wavelength * (1.0 + one), f_nu)) for one in z.ravel()]
        return np.reshape(curves, (*np.shape(redshift), -1))


@cache
def read_sed_library() -> SedLibrary:
    """Read all spectra of the library; the second time in a process they are there.

    Returns
    -------
    SedLibrary
        Its arrays are not to be written to.

    Raises
    ------
    SkytractError
        If a package is not installed; the sentence names it.
    """
    groups = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    rows = [_read(group, *entry) for group in groups for entry in group["seds"].items()]
    nodes = [row.pop("nodes") for row in rows]
    f_nu = np.stack([bin_average(*curve) for curve in nodes])
    bands, throughput = read_standard_passbands()
    scale = 1.0 / mean_fluxes(f_nu, throughput[[bands.index("r")]])
    nodes = [(at, flux * by) for (at, flux), (by,) in zip(nodes, scale, strict=True)]
    named = {key: tuple(row[key] for row in rows) for key in rows[0]}
    measured = np.array(named.pop("measured"))
    spectra = (f_nu * scale).astype(np.float32)
    spectra.flags.writeable = False
    return SedLibrary(**named, measured=measured, nodes=tuple(nodes), fNu=spectra)


def _read(group: dict[str, Any], name: str, entry: list[Any]) -> dict[str, Any]:
    """Read one spectrum: its fields of `SedLibrary`."""
    file, subtype, *temperature = entry
    table = _columns(package_file(group["package"], f"{group['folder']}/{file}"))
    table = table[np.isfinite(table).all(axis=1)]
    first, last = group.get("first", {}).get(name, 0.0), group.get("last", np.inf)
    table = table[(table[:, 0] >= first) & (table[:, 0] <= last)]
    # Some files repeat a wavelength where two spectra were joined.
    table = table[np.unique(table[:, 0], return_index=True)[1]]
    wavelength = table[:, 0] * units.Angstrom
    unit = units.Unit(group["unit"])
    f_nu = (table[:, 1] * unit).to("nJy", units.spectral_density(wavelength)).value
    nodes, f_nu = _thinned(wavelength.to("nm").value, f_nu)
    return {
        "name": f"{group['prefix']}_{name}",
        "kind": group["kind"],
        "subtype": subtype,
        "source": group["source"],
        "licence": group["licence"],
        "unit": group["unit"],
        "waveKind": group.get("medium"),
        "measured": (nodes[0], nodes[-1]),
        "nodes": continue_spectrum(nodes, f_nu.clip(0.0), *temperature),
    }


def _thinned(wavelength: Array, f_nu: Array) -> tuple[Array, Array]:
    """Average what is sampled more finely than `STEP`, conserving the integral."""
    few = int((wavelength[-1] - wavelength[0]) / STEP)
    if len(wavelength) < 2 * few:
        return wavelength, f_nu
    steps = np.diff(wavelength)
    total = np.append(0.0, np.cumsum(0.5 * (f_nu[1:] + f_nu[:-1]) * steps))
    edges = np.linspace(wavelength[0], wavelength[-1], few + 1)
    means = np.diff(np.interp(edges, wavelength, total)) / np.diff(edges)
    return 0.5 * (edges[1:] + edges[:-1]), means


def _columns(path: Path) -> Array:
    """Read wavelength and flux, the first two columns, from FITS or from text with any header."""
    if path.suffix == ".fits":
        table = fits.getdata(path, 1)
        return np.stack([np.asarray(table.field(k), float) for k in (0, 1)], axis=1)
    text = path.read_bytes()
    if b"\t" in text[:200]:
        # Of 60,000 lines; the general way below takes 0.2 s for each of these.
        unnamed = csv.ReadOptions(autogenerate_column_names=True)
        fast = csv.read_csv(BytesIO(text), unnamed, csv.ParseOptions(delimiter="\t"))
        return np.stack([fast[k].to_numpy() for k in (0, 1)], axis=1)
    lines = [line for line in text.decode().replace("|", " ").splitlines() if _is_data(line)]
    return np.fromstring(" ".join(lines), sep=" ").reshape(len(lines), -1)[:, :2]


def _is_data(line: str) -> bool:
    return line.lstrip()[:1].isdigit()
