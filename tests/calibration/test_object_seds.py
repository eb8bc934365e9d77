"""Spectra of objects in the database: grids, records, what rebuilds them, refusals."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.load import load_file
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.release import create_release
from skytract.loaders.sed_catalog import write_sed_catalog
from skytract.udf.calibration.atmosphere import STANDARD, Conditions
from skytract.udf.calibration.infer_seds import METHODS, chromatic_numbers, infer_seds
from skytract.udf.calibration.passband_basis import read_basis
from skytract.udf.calibration.sed_templates import KINDS, see_templates
from tests.fill_table import fill_table
from tests.fix_db import Connect

Connection = psycopg.Connection[Any]

BANDS = "griz"
N = 24


@pytest.fixture(scope="module")
def filled(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connect:
    """The library, a grid of templates, passbands of eight visits in g r i z, a table of fluxes."""
    path = tmp_path_factory.mktemp("library") / "library.parquet"
    write_sed_catalog(path)
    assert load_file(module_connect("loader"), path, "Sed").state == "loaded"
    owner = module_connect("owner")
    airmass = np.tile([1.0, 1.9], 4)
    conditions = Conditions(airmass, *(np.full(8, value) for value in STANDARD[1:]))
    names, glass = read_instrument_passbands()
    instruments = {b: Instrument(np.arange(1), glass[[names.index(b)]]) for b in BANDS}
    visits = Visits(np.arange(1, 9), [b for b in BANDS for _ in range(2)], conditions)
    write_passband_set(owner, "night", visits, instruments)
    owner.execute("SELECT calibration.make_templates('grid')")
    owner.execute(
        "CREATE TABLE public.star AS SELECT 1000 + n AS starId, t.templateId, t.name"
        " FROM calibration.Template AS t, generate_series(1, %s) AS n"
        " WHERE t.templateId = n * 80 + 3",
        (N,),
    )
    owner.execute("GRANT SELECT ON public.star TO PUBLIC")
    _add_fluxes(owner)
    owner.commit()
    return module_connect


def _add_fluxes(owner: Connection) -> None:
    """Give the stars fluxes of their templates, with errors of a per cent."""
    templates, ids = read_templates(owner)
    rows = owner.execute("SELECT starId, templateId FROM public.star ORDER BY 1").fetchall()
    of = np.searchsorted(ids, [row[1] for row in rows])
    flux = 1000.0 * templates.flux[of] / templates.flux[of].max(axis=1, keepdims=True)
    for b, band in enumerate(BANDS):
        owner.execute(
            f"ALTER TABLE public.star ADD {band}_flux float8, ADD {band}_fluxErr real".encode()
        )
        owner.execute(
            f"UPDATE public.star SET {band}_flux = f, {band}_fluxErr = f / 100"
            " FROM unnest(%s::bigint[], %s::float8[]) AS u (id, f) WHERE id = starId".encode(),
            ([row[0] for row in rows], flux[:, b].tolist()),
        )


def read_templates(connection: Connection) -> Any:
    """The grid and the passbands as the database has them, and the ids of the templates."""
    rows = connection.execute(
        "SELECT templateId, kind, prior, fNu FROM calibration.Template ORDER BY 1"
    ).fetchall()
    basis = [
        read_basis(*row)
        for row in connection.execute(
            "SELECT standard, standard, curves FROM calibration.PassbandBasis"
            " ORDER BY position(band IN 'ugrizy')"
        )
    ]
    f_nu = np.array([np.frombuffer(row[3], "<f4") for row in rows])
    kinds, priors = [KINDS.index(row[1]) for row in rows], [row[2] for row in rows]
    return see_templates(f_nu, kinds, priors, BANDS, basis), np.array([row[0] for row in rows])


@pytest.fixture
def manager(filled: Connect) -> Any:
    connection = filled("manager")
    yield connection
    connection.rollback()


INFER = (
    "SELECT calibration.infer_seds('seds', 'public.star', id_column => 'starId',"
    " flux_columns => '{band}_flux')"
)


def test_the_grid_has_spectra_of_every_kind(manager: Connection) -> None:
    rows = manager.execute(
        "SELECT kind, count(*), sum(prior), min(redshift), max(redshift), max(ebv)"
        " FROM calibration.Template GROUP BY kind"
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert found["galaxy"] == pytest.approx((37 * 33, 1.0, 0.0, 1.6, 0.0))
    assert found["qso"] == pytest.approx((75, 1.0, 0.3, 4.0, 0.0))
    assert found["star"][1:] == pytest.approx((1.0, 0.0, 0.0, 0.8))
    # Three blends or more between neighbours of a publication, and six reddenings of all.
    publications = manager.execute(
        "SELECT count(DISTINCT source) FROM calibration.Sed WHERE kind = 'star'"
    ).fetchone()[0]
    each = manager.execute(
        "SELECT position('+' IN replace(name, 'BD+', 'BD')) > 0, count(*), count(DISTINCT ebv)"
        " FROM calibration.Template WHERE kind = 'star' GROUP BY name"
    ).fetchall()
    assert [row[1:] for row in each if not row[0]] == [(6, 6)] * 48
    blends = [row[1:] for row in each if row[0]]
    assert len(blends) == 48 - publications
    assert all(n % 6 == 0 and n >= 18 and ebv == 6 for n, ebv in blends)
    assert found["whiteDwarf"] == pytest.approx((15, 1.0, 0.0, 0.0, 0.0))
    at_rest = manager.execute(
        "SELECT count(*), bool_and(t.fNu = calibration.sed(t.name)) FROM calibration.Template AS t"
        " WHERE t.redshift = 0 AND t.kind IN ('galaxy', 'whiteDwarf')"
    ).fetchone()
    assert at_rest == (37 + 15, True)


def test_the_database_records_what_memory_infers(manager: Connection) -> None:
    assert manager.execute(INFER).fetchone() == (N,)
    templates, ids = read_templates(manager)
    columns = ", ".join(f"{b}_flux{what}::float8" for what in ("", "Err") for b in BANDS)
    table = np.array(
        manager.execute(f"SELECT {columns} FROM public.star ORDER BY starId".encode()).fetchall()
    )
    ours = infer_seds(table[:, :4], table[:, 4:], templates)
    rows = manager.execute(
        "SELECT method, templateId, weight, referenceBand, colour, colourErr, chi2, nBand"
        " FROM calibration.ObjectSed ORDER BY objectId"
    ).fetchall()
    assert [row[0] for row in rows] == [METHODS[m] for m in ours.method]
    assert [row[1] for row in rows] == ids[ours.template].tolist()
    np.testing.assert_array_equal(np.float32([row[2] for row in rows]), ours.weight)
    assert [row[3] for row in rows] == [BANDS[band] for band in ours.reference]
    np.testing.assert_array_equal(np.float32([row[4][1:5] for row in rows]), ours.colour)
    np.testing.assert_array_equal(np.float32([row[5][1:5] for row in rows]), ours.error)
    assert np.isnan([row[4][k] for row in rows for k in (0, 5)]).all()
    np.testing.assert_allclose(np.float32([row[6] for row in rows]), ours.chi2, 1e-6)
    assert {row[7] for row in rows} == {4}
    g = np.array(
        manager.execute(
            "SELECT g1, g2, g3, g4, g5, g6, g7, g8, g9, g10 FROM calibration.ObjectChrom"
            " ORDER BY objectId, position(band IN 'ugrizy')"
        ).fetchall()
    )
    expected = chromatic_numbers(ours, templates).reshape(-1, 10).astype(np.float32)
    np.testing.assert_array_equal(np.float32(g), expected)


def test_the_record_rebuilds_the_factors(manager: Connection) -> None:
    """Of means of templates, of splines and of stated templates: to 1e-6."""
    manager.execute(INFER)
    off = (
        "SELECT count(*), max(abs(k.kappa / calibration.chromatic_factor(c1, c2, c3, c4, c5, c6,"
        " c7, c8, c9, c10, g1, g2, g3, g4, g5, g6, g7, g8, g9, g10) - 1)), max(abs(k.kappa - 1))"
        " FROM calibration.ObjectChrom AS o JOIN calibration.PassbandCoefficient AS c USING (band)"
        " JOIN LATERAL calibration.kappa(calibration.object_sed(o.objectId, %s)) AS k"
        " ON k.visit = c.visit WHERE o.solutionId = calibration.find_solution('sed', %s)"
        " AND o.objectId %% 8 = 2"
    )
    n, worst, size = manager.execute(off, ("seds", "seds")).fetchone() or ()
    assert n == 2 * 4 * (N // 8)
    assert worst < 1e-6 < 1e-3 < size
    manager.execute(
        "SELECT calibration.state_seds('stated', array_agg(starId), array_agg(templateId))"
        " FROM public.star"
    )
    n, worst, _ = manager.execute(off, ("stated", "stated")).fetchone() or ()
    assert n == 2 * 4 * (N // 8)
    assert worst < 1e-6
    manager.execute("CREATE TEMPORARY TABLE odd AS SELECT starId, g_flux, g_fluxErr, 3 * r_flux"
                    " AS r_flux, r_fluxErr, i_flux, i_fluxErr FROM public.star")  # fmt: skip
    manager.execute(
        INFER.replace("public.star", "odd")
        .replace("seds'", "splines'", 1)
        .replace("infer_splines", "infer_seds")
    )
    n, worst, _ = manager.execute(off, ("splines", "splines")).fetchone() or ()
    methods = manager.execute(
        "SELECT count(*) FILTER (WHERE method = 'spline') > 5 FROM calibration.ObjectSed"
        " WHERE solutionId = calibration.find_solution('sed', 'splines')"
    ).fetchone()
    assert methods == (True,)
    assert worst < 1e-6


KAPPAS = (
    "SELECT k.visit, k.band, k.kappa, k.kappaErr, calibration.chromatic_factor("
    " c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, g1, g2, g3, g4, g5, g6, g7, g8, g9, g10)"
    " FROM calibration.object_kappa(%s, 'seds') AS k"
    " JOIN calibration.PassbandCoefficient AS c USING (visit, detector, band)"
    " JOIN calibration.ObjectChrom AS o USING (band)"
    " WHERE o.objectId = %s AND o.solutionId = calibration.find_solution('sed', 'seds')"
    " ORDER BY k.visit"
)


def test_the_error_of_kappa_is_the_spread_of_the_templates(filled: Connect) -> None:
    """By the integrals of each template over the exact passband, and its weight, in numpy."""
    owner = filled("owner")
    owner.execute(INFER)
    owner.execute(
        "UPDATE calibration.ObjectSed SET templateId = %s, weight = %s WHERE objectId = 1001",
        ([3, 700, 1500, 1, 1], [0.5, 0.3, 0.2, 0.0, 0.0]),
    )
    for object_id in (1001, 1005, 1012):
        ((ids, weight),) = owner.execute(
            "SELECT templateId, weight FROM calibration.ObjectSed WHERE objectId = %s", (object_id,)
        ).fetchall()
        found = owner.execute(KAPPAS, (object_id, object_id)).fetchall()
        assert [row[0] for row in found] == list(range(1, 9))
        for visit, _, kappa, error, recorded in found:
            assert kappa == recorded
            exact = owner.execute(
                "SELECT calibration.exact_kappa(t.fNu, %s, 0) FROM unnest(%s::integer[])"
                " WITH ORDINALITY AS u (id, n) JOIN calibration.Template AS t ON templateId = id"
                " ORDER BY n",
                (visit, ids),
            ).fetchall()
            factors, w = np.array(exact)[:, 0], np.array(weight) / np.sum(weight)
            spread = np.sqrt(w @ (factors - w @ factors) ** 2)
            # Coefficients are good to 0.1 mmag, and so is the difference of any two templates.
            assert error == pytest.approx(spread, rel=0.02, abs=2e-5)
    wide = owner.execute(KAPPAS, (1001, 1001)).fetchall()
    assert max(row[3] for row in wide) > 3e-3
    owner.rollback()


def test_an_error_of_kappa_is_unknown_without_templates(manager: Connection) -> None:
    """None of a spline or of a flat spectrum, 0 of one that was stated."""
    manager.execute(
        "CREATE TEMPORARY TABLE odd AS SELECT starId, g_flux, g_fluxErr, 100 * r_flux AS r_flux,"
        " r_fluxErr, i_flux, i_fluxErr FROM public.star WHERE starId = 1001 UNION ALL"
        " SELECT starId, NULL, NULL, r_flux, r_fluxErr, NULL, NULL FROM public.star"
        " WHERE starId = 1002"
    )
    manager.execute(INFER.replace("public.star", "odd"))
    manager.execute("SELECT calibration.state_seds('stated', ARRAY[1003], ARRAY[700])")
    of = (
        "SELECT count(*), bool_or(kappa <> 1), count(kappaErr), max(kappaErr)"
        " FROM calibration.object_kappa(%s, %s)"
    )
    assert manager.execute(of, (1001, "seds")).fetchone() == (8, True, 0, None)
    assert manager.execute(of, (1002, "seds")).fetchone() == (8, False, 0, None)
    assert manager.execute(of, (1003, "stated")).fetchone() == (8, True, 8, 0.0)


SKY = (0, 12 << 58)


@pytest.fixture(scope="module")
def release(filled: Connect) -> Connect:
    """A release of kappa = 1: the stars, seen mostly at airmass 1.9; one is seen in one band."""
    owner = filled("owner")
    create_release(owner, "dr1")
    rows = np.array(
        owner.execute(
            "SELECT s.starId, position(k.band IN %s) - 1, k.visit, k.kappa, CASE k.band"
            " WHEN 'g' THEN g_flux WHEN 'r' THEN r_flux WHEN 'i' THEN i_flux ELSE z_flux END"
            " FROM public.star AS s JOIN calibration.Template AS t USING (templateId),"
            " LATERAL calibration.kappa(t.fNu) AS k ORDER BY s.starId, k.visit",
            (BANDS,),
        ).fetchall()
    )
    objects, band, visit = rows[:, :3].astype(int).T
    flux = rows[:, 4] / rows[:, 3]
    # Visits of even numbers have airmass 1.9, and nine tenths of the weight.
    err = np.where(visit % 2 == 0, 0.002, 0.006) * rows[:, 4]
    fill_table(
        owner, "dr1.source", hpx29=objects, sourceid=np.arange(len(rows)), objectid=objects,
        visit=visit, band=[BANDS[b] for b in band], psfflux=flux, psffluxerr=err,
        psfflux_flag=np.zeros(len(rows), bool),
    )  # fmt: skip
    weight = err.reshape(N, 4, 2) ** -2
    mean = (weight * flux.reshape(N, 4, 2)).sum(axis=2) / weight.sum(axis=2)
    mean[0, 1:] = np.nan
    columns: dict[str, Any] = {"objectid": objects[::8], "refextendedness": np.zeros(N)}
    for b, name in enumerate(BANDS):
        columns |= {f"{name}_psfflux": mean[:, b]}
        columns |= {f"{name}_psffluxerr": weight[:, b].sum(axis=1) ** -0.5}
    fill_table(owner, "dr1.object", **columns)
    owner.commit()
    return filled


@pytest.fixture
def stages(release: Connect) -> Any:
    connection = release("manager")
    yield connection
    connection.rollback()


def infer(manager: Connection, name: str, *bounds: tuple[int, int], **settings: str) -> int:
    named = "".join(f", {key} => '{value}'" for key, value in settings.items())
    manager.execute(f"SELECT calibration.begin_seds('{name}'{named})".encode())
    call = "SELECT calibration.infer_object_seds('dr1', %s, %s, %s)"
    counts = [manager.execute(call, (*b, name)).fetchone() for b in bounds]
    return sum(int(count[0]) for count in counts if count)


def records(manager: Connection, name: str) -> list[Any]:
    return manager.execute(
        "SELECT o.objectId, method, templateId, weight, referenceBand, colour::text, psfSed_flag,"
        " (SELECT string_agg((band, g1, g2, g3, g4, g5, g6, g7, g8, g9, g10)::text, ' '"
        " ORDER BY band) FROM calibration.ObjectChrom AS c"
        " WHERE c.solutionId = o.solutionId AND c.objectId = o.objectId)"
        " FROM calibration.ObjectSed AS o WHERE solutionId = calibration.find_solution('sed', %s)"
        " ORDER BY o.objectId",
        (name,),
    ).fetchall()


def test_colours_of_a_release_are_recalibrated_in_a_second_pass(stages: Connection) -> None:
    assert infer(stages, "seds", SKY) == N
    truth = np.array(
        stages.execute(
            "SELECT -2.5 * log(g_flux / r_flux), 0, -2.5 * log(i_flux / r_flux),"
            " -2.5 * log(z_flux / r_flux) FROM public.star ORDER BY starId"
        ).fetchall(),
        float,
    )[1:]
    raw = np.array(
        stages.execute(
            "SELECT -2.5 * log(g_psfFlux / r_psfFlux), 0, -2.5 * log(i_psfFlux / r_psfFlux),"
            " -2.5 * log(z_psfFlux / r_psfFlux) FROM dr1.Object ORDER BY objectId"
        ).fetchall()[1:],
        float,
    )
    found = stages.execute("SELECT colour FROM calibration.ObjectSed ORDER BY objectId").fetchall()
    before, after = np.abs(raw - truth), np.abs(np.array([c for (c,) in found])[1:, 1:5] - truth)
    assert before.max() > 0.008
    # Of a galaxy or QSO the first pass may take another redshift.
    assert np.median(after[:, 0]) < 0.05 * np.median(before[:, 0])
    assert after.max() < 0.5 * before.max()
    first = records(stages, "seds")[0]
    assert (first[1], first[2], first[4], first[7]) == ("flat", None, "g", None)
    # A release with spectra has such colours already: they are taken as they are.
    stages.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    stages.execute("SELECT calibration.use_seds('dr1', 'seds')")
    infer(stages, "again", SKY)
    found = stages.execute(
        "SELECT colour FROM calibration.ObjectSed WHERE solutionId ="
        " calibration.find_solution('sed', 'again') ORDER BY objectId"
    ).fetchall()
    np.testing.assert_allclose(np.array([c for (c,) in found])[1:, 1:5], raw, atol=1e-6)


def test_partitions_and_repetition_change_nothing(stages: Connection) -> None:
    infer(stages, "whole", SKY)
    assert infer(stages, "parts", (0, 1013), (1013, 1014), (1014, SKY[1])) == N
    assert records(stages, "parts") == records(stages, "whole")
    again = "SELECT calibration.infer_object_seds('dr1', 0, %s, 'parts')"
    assert stages.execute(again, SKY[1:]).fetchone() == (0,)
    assert records(stages, "parts") == records(stages, "whole")


def test_psf_measurements_with_other_spectra_are_flagged(stages: Connection) -> None:
    """Those with flat spectra agree with flat records alone; those with the same records do."""
    infer(stages, "first", SKY)
    assert [row[6] for row in records(stages, "first")] == [
        row[1] != "flat" for row in records(stages, "first")
    ]
    infer(stages, "second", SKY, psf_seds="first")
    assert not any(row[6] for row in records(stages, "second"))
    stages.execute("SELECT calibration.state_seds('stated', ARRAY[1000, 1005], ARRAY[1, 1])")
    infer(stages, "third", SKY, psf_seds="stated")
    # Object 1000 does not exist; where nothing is stated, the PSF was that of a flat spectrum.
    assert [row[6] for row in records(stages, "third")] == [False] + [True] * (N - 1)
    used = stages.execute(
        "SELECT DISTINCT psfSedSolutionId = calibration.find_solution('sed', 'stated')"
        " FROM calibration.ObjectSed WHERE solutionId = calibration.find_solution('sed', 'third')"
    ).fetchall()
    assert used == [(True,)]


def test_fluxes_may_be_whole_numbers(manager: Connection) -> None:
    """Counts, say: columns of integers with and without a value, or of words, which are none."""
    manager.execute(
        "CREATE TEMPORARY TABLE whole AS"
        " SELECT starId AS objectId, (1e6 * g_flux)::bigint AS g_flux,"
        " (1e4 * g_flux)::integer AS g_fluxErr, (1e6 * r_flux)::numeric AS r_flux,"
        " 1e4 * r_flux AS r_fluxErr, NULL::integer AS i_flux, 1 AS i_fluxErr,"
        " 'much' AS z_flux, 'few' AS z_fluxErr FROM public.star"
    )
    call = "SELECT calibration.infer_seds('whole', 'whole', flux_columns => '{band}_flux')"
    assert manager.execute(call).fetchone() == (N,)
    colours = manager.execute(
        "SELECT s.colour[2], -2.5 * log(g_flux / r_flux), s.nBand FROM calibration.ObjectSed AS s"
        " JOIN public.star ON starId = objectId ORDER BY objectId"
    ).fetchall()
    for colour, truth, bands in colours:
        assert (colour, bands) == (pytest.approx(truth, abs=1e-3), 2)


@pytest.mark.parametrize(
    "call", ["infer_seds('a', 'public.star', id_column => 'starId', flux_columns => '{band}_flux')",
             "state_seds('a', ARRAY[1], ARRAY[1])", "infer_object_seds('dr1', 0, 9999, 'old')"],
)  # fmt: skip
def test_a_temporary_table_of_ones_own_is_left_alone(stages: Connection, call: str) -> None:
    stages.execute("SELECT calibration.begin_seds('old')")
    stages.execute("CREATE TEMPORARY TABLE sed_flux AS SELECT 1 AS mine")
    with pytest.raises(psycopg.errors.RaiseException, match="needed here: sed_flux") as refused:
        with stages.transaction():
            stages.execute(f"SELECT calibration.{call}".encode())
    assert "Rename yours" in (refused.value.diag.message_hint or "")
    assert stages.execute("SELECT mine FROM pg_temp.sed_flux").fetchone() == (1,)


def test_a_reader_is_told_first_of_all_that_solutions_are_not_theirs(filled: Connect) -> None:
    reader = filled("reader")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not write") as refused:
        reader.execute("SELECT calibration.infer_seds('a', 'nowhere')")
    assert "skytract calibrate" in (refused.value.diag.message_hint or "")


REFUSALS = {
    "infer_seds('a', 'nowhere')": "there is no table 'nowhere'",
    "infer_seds('a', 'public.star')": "the table public.star has no column objectId",
    "infer_seds('a', 'public.star', id_column => 'starId')": "has none of the columns u_psfflux, g",
    "infer_seds('a', 'public.star', extendedness => 'x', id_column => 'starId')": "no column x",
    "begin_seds('night')": "a calibration solution 'night' exists already",
    "begin_seds('a', templates => 'b')": "no solution of kind template named 'b'",
    "begin_seds('a', passbands => 'b')": "no solution of kind passband named 'b'",
    "begin_seds('a', psf_seds => 'b')": "no solution of kind sed named 'b'",
    "make_templates('grid')": "a calibration solution 'grid' exists already",
    "infer_object_seds('dr1', 0, 1, 'a')": "no solution of kind sed named 'a'",
    "infer_object_seds('dr9', 0, 1, 'old')": "there is no release dr9",
    "state_seds('a', ARRAY[1, 2], ARRAY[1])": "there are 2 objects and 1 templates",
    "state_seds('a', NULL, NULL)": "there are 0 objects and 0 templates",
    "infer_seds('a', 'public.star', flux_columns => 'g_flux')": "and fluxes are in 'g_flux'",
    "infer_seds('a', 'public.star', id_column => NULL)": "the column of ids is NULL, and fluxes",
    "infer_seds('a', 'public.star', 'grid', 'night', 'starId', '{band}_psfMag')": "are magnitudes",
    "infer_seds('a', 'public.star', id_column => 'name')": "public.star has no column name",
    "state_seds('a', ARRAY[1], ARRAY[-1])": "the grid has no template -1",
    "state_seds('a', ARRAY[1, 1], ARRAY[1, 1], 'grid')": "object 1 is given 2 times",
    "state_seds('a', ARRAY[NULL::bigint], ARRAY[1], 'grid')": "object NULL is given 1 times",
    "object_sed(7, 'old')": "there is no SED of object 7",
    "object_kappa(7, 'old')": "there is no SED of object 7",
    "object_templates(NULL)": "there is no SED of object NULL",
    "begin_seds('a', 'other', psf_seds => 'old')": "are mixtures of other templates",
}


@pytest.mark.parametrize("call", REFUSALS)
def test_refusals_say_what_to_do(stages: Connection, call: str) -> None:
    stages.execute("SELECT calibration.begin_seds('old')")
    stages.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
        " VALUES ('other', 'template', '{}', '', now())"
    )
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        stages.execute(f"SELECT calibration.{call}".encode())
    assert REFUSALS[call] in (refused.value.diag.message_primary or "")
    assert (refused.value.diag.message_hint or "").endswith(".")


def test_without_a_library_there_is_no_grid(manager: Connection, filled: Connect) -> None:
    owner = filled("owner")
    owner.execute("DELETE FROM calibration.Sed")
    with pytest.raises(psycopg.errors.RaiseException, match="no spectra of stars") as refused:
        owner.execute("SELECT calibration.make_templates('empty')")
    owner.rollback()
    assert "skytract sed library" in (refused.value.diag.message_hint or "")


@pytest.mark.parametrize("name", ["'a b'", "''", "'a.b.c.d'", "'other.public.star'", "NULL"])
def test_what_is_no_name_of_a_table_is_told(manager: Connection, name: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        manager.execute(f"SELECT calibration.infer_seds('a', {name})".encode())
    assert f"there is no table {name}" == refused.value.diag.message_primary
    assert "(fluxes)" in (refused.value.diag.message_hint or "")


def test_a_table_that_may_not_be_read_is_told(manager: Connection, filled: Connect) -> None:
    owner = filled("owner")
    owner.execute("CREATE TABLE public.closed AS SELECT * FROM public.star")
    owner.execute("CREATE SCHEMA hidden")
    owner.execute("CREATE TABLE hidden.star AS SELECT * FROM public.star")
    owner.commit()
    for name, said in (
        ("public.closed", "the role skytract_manager may not read the table closed"),
        ("hidden.star", "may not look into the schema of hidden.star"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=said) as refused:
            manager.execute("SELECT calibration.infer_seds('a', %s)", (name,))
        assert "GRANT" in (refused.value.diag.message_hint or "")
        manager.rollback()
    owner.execute("DROP TABLE public.closed")
    owner.execute("DROP SCHEMA hidden CASCADE")
    owner.commit()
