"""Catalogs go into their tables exactly once, as they are, from Parquet and FITS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.table import Table

from skytract.loaders.errors import SkytractError
from skytract.loaders.load import load_file, load_paths
from skytract.udf.sky.hpx29 import hpx29
from tests.loaders.catalogs import N, source_columns, write_sources, write_visit

Connection = psycopg.Connection[Any]


@pytest.fixture
def visit(loader: Connection, tmp_path: Path) -> Iterator[Connection]:
    """A loader of a database that knows one visit and detector."""
    states = [result.state for result in load_paths(loader, write_visit(tmp_path))]
    assert states == ["loaded", "loaded"]
    yield loader


def test_every_value_arrives(visit: Connection, tmp_path: Path) -> None:
    result = load_file(visit, write_sources(tmp_path), night="2023-02-25")
    assert (result.state, result.kind, result.rows) == ("loaded", "Source", N)
    wanted = source_columns()
    names = ", ".join(wanted)
    found = visit.execute(f"SELECT {names} FROM raw.Source ORDER BY sourceId", binary=True)
    for name, *values in zip(wanted, *found.fetchall(), strict=True):
        got = np.array([np.nan if v is None else v for v in values], wanted[name].dtype)
        np.testing.assert_array_equal(got, wanted[name], err_msg=name)


def test_a_value_that_was_not_measured_is_null(visit: Connection, tmp_path: Path) -> None:
    load_file(visit, write_sources(tmp_path))
    query = "SELECT count(*) FILTER (WHERE ixx IS NULL), count(ixx), count(iyy) FROM raw.Source"
    assert visit.execute(query).fetchone() == (N // 5, N - N // 5, 0)


def test_rows_carry_sky_key_load_and_defaults(visit: Connection, tmp_path: Path) -> None:
    result = load_file(visit, write_sources(tmp_path))
    query = "SELECT hpx29, loadId, shape_flag, deblend_nChild FROM raw.Source ORDER BY sourceId"
    rows = visit.execute(query).fetchall()
    columns = source_columns()
    assert [row[0] for row in rows] == hpx29(columns["ra"], columns["dec"]).tolist()
    assert {row[1:] for row in rows} == {(result.load_id, False, 0)}


def test_arrays_and_texts_arrive(visit: Connection) -> None:
    assert visit.execute("SELECT physical_filter FROM raw.Visit").fetchone() == ("HSC-I",)
    row = visit.execute("SELECT sipA, sipB FROM raw.VisitDetector").fetchone()
    assert row == ([0.0, 1e-6, 2e-6, 0.0], None)


def test_the_ledger_tells_what_was_loaded(visit: Connection, tmp_path: Path) -> None:
    path = write_sources(tmp_path)
    result = load_file(visit, path, night="2023-02-25")
    query = (
        "SELECT state, kind, dialect, identity, rowCount, byteCount, idMin, idMax, path,"
        " context::json ->> 'night', error, finishedAt >= startedAt"
        " FROM meta.Load WHERE loadId = %s"
    )
    ids = source_columns()["sourceId"]
    assert visit.execute(query, [result.load_id]).fetchone() == (
        *("loaded", "Source", "skytract", "Source 17/4", N, path.stat().st_size),
        *(ids.min(), ids.max(), str(path), "2023-02-25", None, True),
    )


def test_the_same_content_is_loaded_once(visit: Connection, tmp_path: Path) -> None:
    first = load_file(visit, write_sources(tmp_path))
    again = load_file(visit, write_sources(tmp_path, "other_name.parquet"))
    assert (again.state, again.load_id, again.rows) == ("already loaded", first.load_id, N)
    assert visit.execute("SELECT count(*) FROM raw.Source").fetchone() == (N,)
    assert visit.execute("SELECT count(*) FROM meta.Load").fetchone() == (3,)


def test_a_folder_is_loaded_in_the_order_of_references(loader: Connection, tmp_path: Path) -> None:
    write_sources(tmp_path, "a.parquet")
    write_visit(tmp_path)
    (tmp_path / "notes.txt").write_text("not a catalog")
    results = list(load_paths(loader, [tmp_path]))
    assert [r.kind for r in results] == ["Visit", "VisitDetector", "Source"]
    assert {r.state for r in results} == {"loaded"}


def test_a_refused_file_does_not_keep_the_others_out(visit: Connection, tmp_path: Path) -> None:
    folder = tmp_path / "night"
    folder.mkdir()
    write_sources(folder, "good.parquet")
    write_sources(folder, "bad.parquet", dec=np.full(N, 91.0), sourceId=np.arange(N))
    states = {r.path.name: r.state for r in load_paths(visit, [folder])}
    assert states == {"good.parquet": "loaded", "bad.parquet": "refused"}
    assert visit.execute("SELECT count(*) FROM raw.Source").fetchone() == (N,)


@pytest.mark.parametrize("suffix", ["fits", "fits.gz"])
def test_fits_tables_are_loaded(visit: Connection, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"s.{suffix}"
    Table(source_columns()).write(path)
    assert load_file(visit, path, kind="source").rows == N
    query = "SELECT sum(psfInstFlux) FROM raw.Source"
    (total,) = visit.execute(query, binary=True).fetchone() or (None,)
    assert total == pytest.approx(source_columns()["psfInstFlux"].sum(), rel=1e-14)


def test_units_are_converted(visit: Connection, tmp_path: Path) -> None:
    columns = source_columns()
    table = Table(columns)
    for name in ("ra", "dec"):
        table[name] = np.radians(columns[name])
        table[name].unit = "rad"
    table.write(tmp_path / "s.fits")
    load_file(visit, tmp_path / "s.fits", kind="Source")
    rows = visit.execute("SELECT ra, dec FROM raw.Source ORDER BY sourceId", binary=True).fetchall()
    np.testing.assert_allclose(rows, np.stack([columns["ra"], columns["dec"]], 1), rtol=4e-16)


def test_missing_columns_can_be_set(visit: Connection, tmp_path: Path) -> None:
    path = write_sources(tmp_path, visit=None, detector=None)
    load_file(visit, path, constants={"visit": "17", "detector": 4})
    query = "SELECT DISTINCT visit, detector FROM raw.Source"
    assert visit.execute(query).fetchall() == [(17, 4)]


def test_large_files_are_read_in_pieces(
    visit: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 1000)
    steps: list[int] = []
    result = load_file(visit, write_sources(tmp_path), progress=steps.append)
    assert len(steps) > 3 and sum(steps) == result.rows == N
    assert visit.execute("SELECT count(DISTINCT sourceId) FROM raw.Source").fetchone() == (N,)


def test_a_load_is_a_transaction_of_its_own(visit: Connection, tmp_path: Path) -> None:
    visit.execute("SELECT 1")
    with pytest.raises(SkytractError, match="commit or roll back before loading"):
        load_file(visit, write_sources(tmp_path))
    visit.rollback()
    assert load_file(visit, write_sources(tmp_path)).state == "loaded"
