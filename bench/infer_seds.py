"""Inferring the spectra of objects from colours, in memory and in the database.

20,000 objects (another number by `objects`) with colours of random templates, errors of 2 % and
a tenth of the fluxes missing, against the whole grid of templates:

- `infer_seds.loop`: spectra and factors in memory, against the formula object by object in numpy,
  on a sample. Factors at airmass 1.9 must agree to 0.01 mmag in the median, and to 0.5 mmag rms in
  g to y: ten templates stand for all.
- `infer_seds.product`: the same, against the product of matrices alone that compares every object
  with every template: the limit.
- `infer_seds.database`: from a table into ObjectSed and ObjectChrom, against a CREATE TABLE AS of
  rows like those of both.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.load_data import Connection, fresh_database
from bench.measure import Measure
from skytract.loaders.load import load_file
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.sed_catalog import write_sed_catalog
from skytract.udf.calibration.atmosphere import STANDARD, Conditions
from skytract.udf.calibration.infer_seds import SedRecords, chromatic_numbers, infer_seds
from skytract.udf.calibration.passband_basis import read_basis
from skytract.udf.calibration.sed_posterior import BLOCK, log_priors
from skytract.udf.calibration.sed_templates import KINDS, Templates, see_templates

OBJECTS = 20_000
SAMPLE = 300
"""Objects that a loop does one by one."""
SEED = 562
BANDS = "ugrizy"
PLAIN = """
CREATE TABLE bench_plain AS
SELECT s.*, c.band, c.g1, c.g2, c.g3, c.g4, c.g5, c.g6, c.g7, c.g8, c.g9, c.g10
FROM calibration.ObjectChrom AS c LEFT JOIN calibration.ObjectSed AS s
    ON s.solutionId = c.solutionId AND s.objectId = c.objectId AND c.band = 'r'
"""

Array = NDArray[np.float64]
Result = TypeVar("Result")


def run(objects: int = OBJECTS) -> Iterator[Measure]:
    """Measure on one core, in a database of its own, which is dropped afterwards."""
    with fresh_database("bench_infer_seds") as owner:
        templates = fill(owner)
        flux, err = draw(templates, objects)
        ours, records = timed(lambda: infer_seds(flux, err, templates))
        more, g = timed(lambda: chromatic_numbers(records, templates))
        ours += more
        sample = min(SAMPLE, objects)
        loop, means = timed(lambda: by_loop(records, templates, sample))
        off = 2500.0 * np.abs(np.log10(kappa_of(owner, g[:sample]) / kappa_of(owner, means)))
        agree = bool(
            np.median(off) < 0.01 and (np.sqrt((off[:, 1:] ** 2).mean(axis=0)) < 0.5).all()
        )
        yield measure("infer_seds.loop: object by object", objects / ours, sample / loop, agree)
        product, _ = timed(lambda: multiply(records, templates))
        note = f"{len(templates.flux)} templates, one core"
        yield measure(
            "infer_seds.product: the limit", objects / ours, objects / product, True, note
        )
        yield in_database(owner, flux, err)


def fill(owner: Connection) -> Templates:
    """Write the library, its grid and passbands of two visits in each band; read the grid."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.parquet"
        write_sed_catalog(path)
        assert load_file(owner, path, "Sed").state == "loaded"
    names, glass = read_instrument_passbands()
    instruments = {
        band: Instrument(np.arange(1), glass[[number]]) for number, band in enumerate(names)
    }
    conditions = Conditions(np.tile([1.0, 1.9], 6), *(np.full(12, v) for v in STANDARD[1:]))
    visits = Visits(np.arange(1, 13), [b for b in BANDS for _ in range(2)], conditions)
    write_passband_set(owner, "night", visits, instruments)
    owner.execute("SELECT calibration.make_templates('grid')")
    owner.execute("ANALYZE")
    rows = owner.execute(
        "SELECT kind, prior, fNu FROM calibration.Template ORDER BY templateId"
    ).fetchall()
    bases = owner.execute(
        "SELECT standard, support, curves FROM calibration.PassbandBasis"
        " ORDER BY position(band IN 'ugrizy')"
    ).fetchall()
    f_nu = np.array([np.frombuffer(row[2], "<f4") for row in rows])
    kinds, priors = [KINDS.index(row[0]) for row in rows], [row[1] for row in rows]
    return see_templates(f_nu, kinds, priors, BANDS, [read_basis(*row) for row in bases])


def draw(templates: Templates, objects: int) -> tuple[Array, Array]:
    """Draw fluxes and errors of objects."""
    rng = np.random.default_rng(SEED)
    true = templates.flux[rng.integers(len(templates.flux), size=objects)]
    true = 1000.0 * true / true.max(axis=1, keepdims=True)
    flux = true * rng.normal(1.0, 0.02, true.shape)
    flux[rng.uniform(size=flux.shape) < 0.1] = np.nan
    return flux, 0.02 * true


def kappa_of(owner: Connection, g: Array) -> Array:
    """Return factors of spectra in the passbands of airmass 1.9, shape (n, 6)."""
    rows = owner.execute(
        "SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM calibration.PassbandCoefficient"
        " WHERE visit %% 2 = 0 ORDER BY visit",
        [],
    ).fetchall()
    return np.asarray(1.0 / (1.0 + (np.array(rows) * g).sum(axis=2)))


def by_loop(records: SedRecords, templates: Templates, sample: int) -> Array:
    """Compute g of the posterior means object by object, of all templates, in float8."""
    grid, prior = -2.5 * np.log10(templates.flux), log_priors(templates)[0]
    made = np.zeros((sample, len(BANDS), 10))
    for n in range(sample):
        band, colour, error = records.reference[n], records.colour[n], records.error[n]
        if records.method[n] != 1:
            continue
        used = np.isfinite(colour) & (error > 0)
        off = (colour[used] - (grid[:, used] - grid[:, [band]])) / error[used]
        pull = -0.5 * (off**2).sum(axis=1) + prior
        weight = np.exp(pull - pull.max()) / templates.flux[:, band]
        moments = np.tensordot(weight, templates.moments, 1)
        made[n] = moments / (weight @ templates.flux)[:, None]
    return made


def multiply(records: SedRecords, templates: Templates) -> Array:
    """Multiply what `posterior` does, of blocks of objects and the whole grid, and no more."""
    rng = np.random.default_rng(SEED)
    left = rng.normal(size=(BLOCK, 15)).astype(np.float32)
    right = rng.normal(size=(15, len(templates.flux))).astype(np.float32)
    for _ in range(0, len(records.method), BLOCK):
        product = left @ right
    return np.asarray(product, float)


def in_database(owner: Connection, flux: Array, err: Array) -> Measure:
    """Infer the spectra of a table."""
    columns = ", ".join(f"{band}_psfFlux float8, {band}_psfFluxErr float8" for band in BANDS)
    owner.execute(f"CREATE TABLE star (objectId bigint, {columns})".encode())
    values = np.stack([flux, err], axis=2).reshape(len(flux), -1)
    with owner.cursor() as cursor, cursor.copy("COPY star FROM STDIN") as copy:
        for number, row in enumerate(values.tolist()):
            copy.write_row([number, *row])
    owner.execute("ANALYZE star")
    ours, _ = timed(lambda: owner.execute("SELECT calibration.infer_seds('seds', 'star')"))
    plain, _ = timed(lambda: owner.execute(PLAIN))
    row = owner.execute("SELECT count(*) FROM calibration.ObjectSed").fetchone()
    agree = row == (len(flux),)
    name = "infer_seds.database: writing alone"
    return measure(name, len(flux) / ours, len(flux) / plain, agree)


def timed(action: Callable[[], Result]) -> tuple[float, Result]:
    """Run something; the seconds it took, and what it returned."""
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


def measure(name: str, ours: float, peer: float, agree: bool, note: str = "") -> Measure:
    """Compare two rates."""
    compared: Measure = {
        "name": name, "ours": ours, "peer": peer, "unit": "objects/s", "ratio": ours / peer,
        "agree": agree,
    }  # fmt: skip
    return {**compared, "note": note} if note else compared
