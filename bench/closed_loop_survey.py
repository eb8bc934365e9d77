"""What the closed loop of joint photometry is filled with, and the fits to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq

from skytract.loaders.load import load_paths
from skytract.loaders.load_files import find_files
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.sed_catalog import write_sed_catalog
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.survey import simulate_catalogs
from skytract.pipelines.simulate.catalog.throughput import detector_passbands
from skytract.udf.calibration.atmosphere import Conditions
from skytract.udf.calibration.passband_basis import read_basis
from skytract.udf.calibration.spectra import photon_weights

Connection = psycopg.Connection[Any]

GROUPS = "public.true_groups"
SEDS = {"flat": None, "given": "true_seds", "inferred": "inferred_seds"}
"""Fits, and the spectra that they are made with."""


def fill(
    owner: Connection, connect_as: Callable[[str], Connection], survey: Path, plan: CatalogPlan
) -> None:
    """Simulate and load a survey, its observed passbands, true groups and SEDs, and templates."""
    simulate_catalogs(survey, plan, skip=("DiaSource", "ForcedSource", "Coadd"))
    write_sed_catalog(survey / "Sed.parquet")
    for result in load_paths(connect_as("loader"), find_files([survey])):
        assert result.state == "loaded", result.error
    _write_passbands(owner, survey, plan)
    _link_groups(owner, survey)
    _state_seds(owner, survey)
    owner.execute("SELECT calibration.make_templates('library')")
    owner.execute("ANALYZE")


def _write_passbands(owner: Connection, survey: Path, plan: CatalogPlan) -> None:
    """Write the observed passbands of all visits, as a perfect monitor would know them."""
    visit = pq.read_table(survey / "Visit.parquet").sort_by("visit").to_pandas()
    columns = ("airmass", "pressure", "pwv", "ozone", "aerosol")
    given = [visit[name].to_numpy(float) for name in columns]
    numbers, curves = np.arange(plan.detectors), detector_passbands(plan.seed, plan.detectors)
    write_passband_set(
        owner,
        "observed",
        Visits(visit.visit.to_numpy(), list(visit.band), Conditions(*given, np.ones(len(visit)))),
        {band: Instrument(numbers, curves["ugrizy".index(band)]) for band in plan.bands},
    )


def _link_groups(owner: Connection, survey: Path) -> None:
    """Make the table of match groups: sources of the same object."""
    owner.execute("CREATE TEMPORARY TABLE link (sourceId bigint, objectId bigint)")
    with owner.cursor().copy("COPY pg_temp.link FROM STDIN") as copy:
        for path in sorted((survey / "truth").glob("TruthSource_*.parquet")):
            table = pq.read_table(path, columns=["sourceId", "truthId"])
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if row[1] > 0:
                    copy.write_row(row)
    owner.execute(
        f"CREATE TABLE {GROUPS} AS SELECT s.hpx29, s.sourceId, l.objectId FROM pg_temp.link AS l"
        " JOIN raw.Source AS s USING (sourceId)"
    )


def _state_seds(owner: Connection, survey: Path) -> None:
    """Write what kappa of the true spectra needs, companions included."""
    objects = pq.read_table(survey / "truth" / "TruthObject.parquet").to_pandas()
    objects = objects[objects["class"] == "star"]
    seds = pq.read_table(survey / "truth" / "TruthSed.parquet").to_pandas()
    spectra = np.stack([np.asarray(f_nu, float) for f_nu in seds.fNu])
    slot = {number: row for row, number in enumerate(seds.sed)}
    main = objects.sed.map(slot).to_numpy(int)
    other = objects.companionSed.map(slot).fillna(0).to_numpy(int)
    light = objects.r_companionFlux.where(objects.companionSed.notna(), 0.0).to_numpy(float)
    own = objects.r_flux.to_numpy(float) - light
    row = owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('true_seds', 'sed', '{\"passbands\": \"observed\"}', 'truth', now())"
        " RETURNING solutionId"
    ).fetchone()
    assert row is not None
    query = "SELECT band, standard, support, curves FROM calibration.PassbandBasis"
    for band, *stored in owner.execute(query).fetchall():
        basis = read_basis(*stored)
        parts = spectra @ np.vstack([basis.curves, photon_weights(basis.standard)]).T
        whole = own[:, None] * parts[main] + light[:, None] * parts[other]
        with owner.cursor().copy("COPY calibration.ObjectChrom FROM STDIN") as copy:
            for star, g in zip(
                objects.truthId.tolist(), whole[:, :10] / whole[:, 10:], strict=True
            ):
                copy.write_row((row[0], star, band, *g.tolist()))


def fit_all(owner: Connection, passes: int = 2) -> None:
    """Fit with flat spectra, with the true ones, and with those inferred from the last fit."""
    fit(owner, "flat")
    fit(owner, "given", SEDS["given"])
    before = "flat"
    for number in range(1, passes + 1):
        seds, name = f"seds_{number}", f"pass_{number}"
        if number == passes:
            seds, name = str(SEDS["inferred"]), "inferred"
        owner.execute(
            f"CREATE TABLE public.stars_{seds} AS SELECT c.* FROM calibration.CalibrationStar AS c"
            f" JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = '{before}'"
        )
        owner.execute(
            "SELECT calibration.infer_seds(%s, %s, passbands => 'observed', id_column => 'starId',"
            " flux_columns => '{band}_flux')",
            (seds, f"public.stars_{seds}"),
        )
        fit(owner, name, seds)
        before = name
    owner.execute("ANALYZE")


def fit(owner: Connection, name: str, seds: str | None = None) -> None:
    """Fit a new solution to the true groups."""
    owner.execute(
        "SELECT calibration.fit_joint_photometry(%s, %s, 'simulated', seds => %s, held_out => 0.2)",
        (name, GROUPS, seds),
    )
