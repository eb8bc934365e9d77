"""Tables and results of queries as Parquet and FITS: names, units, NULL and NaN, one moment."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

import skytract.loaders.export_fits as export_fits
import skytract.loaders.export_parquet as export_parquet
from skytract.loaders.errors import SkytractError
from skytract.loaders.export import export_query, export_table
from skytract.loaders.load_target import find_target
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.raw_rows import insert_sources, insert_visits

Connection = psycopg.Connection[Any]
N = 500


@pytest.fixture(scope="module")
def filled(release_connect: Connect) -> Connect:
    """Sources with NULLs and NaNs, and objects with arrays."""
    owner, rng = release_connect("owner"), np.random.default_rng(20250707)
    insert_visits(owner, [7])
    ra, dec = rng.uniform(10.0, 11.0, N), rng.uniform(-1.0, 1.0, N)
    ixx = [None if i % 5 == 0 else float("nan") if i % 5 == 1 else i / 7 for i in range(N)]
    insert_sources(owner, ra, dec, sourceId=np.arange(N), visit=7, ixx=ixx)
    fill_table(owner, "dr1.object", objectid=np.arange(N), coord_ra=ra, coord_dec=dec)
    owner.execute(
        "UPDATE dr1.Object SET r_lcPeriodic = array_fill(objectId::real, ARRAY[32])"
        " WHERE objectId < 9"
    )
    owner.commit()
    return release_connect


@pytest.fixture
def reader(filled: Connect) -> Connection:
    return filled("reader")


def test_a_table_has_names_units_and_meaning(reader: Connection, tmp_path: Path) -> None:
    result = export_table(reader, "RAW.source", tmp_path / "s.parquet")
    assert (result.rows, result.files, result.format) == (N, 1, "parquet")
    assert result.bytes == (tmp_path / "s.parquet").stat().st_size
    schema = pq.read_schema(tmp_path / "s.parquet")
    assert schema.names == list(find_target("Source").columns), "without the loader's own"
    assert schema.metadata[b"skytract.kind"] == b"Source"
    x = schema.field("xErr")
    assert x.type == pa.float32() and x.metadata[b"unit"] == b"pixel"
    assert x.metadata[b"description"] == b"1-sigma error of x."
    assert x.metadata[b"ucd"] == b"stat.error;pos.cartesian.x"


def test_null_is_null_and_nan_is_nan(reader: Connection, tmp_path: Path) -> None:
    export_table(reader, "raw.Source", tmp_path / "s.parquet")
    got = pq.read_table(tmp_path / "s.parquet").sort_by("sourceId")["ixx"]
    assert got.null_count == N // 5
    nan = np.isnan(got.fill_null(0).to_numpy())
    assert np.array_equal(np.flatnonzero(nan), np.arange(1, N, 5))
    assert got[7].as_py() == np.float32(1.0)


def test_a_release_has_no_kind_and_all_its_columns(reader: Connection, tmp_path: Path) -> None:
    export_table(reader, "dr1.Object", tmp_path / "o.parquet")
    table = pq.read_table(tmp_path / "o.parquet").sort_by("objectId")
    assert b"skytract.kind" not in table.schema.metadata
    assert table.num_columns == 345
    assert table["r_lcPeriodic"].to_pylist()[7:11] == [[7.0] * 32, [8.0] * 32, None, None]


def test_columns_of_queries_are_spelled(reader: Connection, tmp_path: Path) -> None:
    """By the column they are; a value that is computed has the name's spelling, but no unit."""
    query = (
        "SELECT s.psfInstFlux, s.RA AS alpha, max(x) AS coord_ra, count(*) AS number"
        " FROM raw.Source AS s GROUP BY 1, 2;"
    )
    export_query(reader, query, tmp_path / "q.parquet")
    schema = pq.read_schema(tmp_path / "q.parquet")
    units = {field.name: (field.metadata or {}).get(b"unit") for field in schema}
    assert units == {"psfInstFlux": b"ct", "alpha": b"deg", "coord_ra": None, "number": None}
    assert schema.metadata[b"skytract.source"] == query.rstrip(";").encode()


def test_types_that_files_lack_are_numbers_or_texts(reader: Connection, tmp_path: Path) -> None:
    query = (
        "SELECT 1.5::numeric AS n, '{1,2}'::numeric[] AS a, '{\"k\": 1}'::jsonb AS j,"
        " '1 day'::interval AS i, NULL AS nothing, 'r'::\"char\" AS c"
    )
    export_query(reader, query, tmp_path / "q.parquet")
    (row,) = pq.read_table(tmp_path / "q.parquet").to_pylist()
    assert row == {
        **{"n": 1.5, "a": [1.0, 2.0], "j": '{"k": 1}', "i": "1 day"},
        **{"nothing": None, "c": "r"},
    }


def test_astropy_finds_the_units(reader: Connection, tmp_path: Path) -> None:
    query = "SELECT sourceId, ra, psfInstFlux_flag FROM raw.Source"
    export_query(reader, query, tmp_path / "q.parquet")
    table = Table.read(tmp_path / "q.parquet", format="parquet.votable")
    assert table["ra"].unit == "deg" and len(table) == N
    assert "Right ascension" in table["ra"].description


def test_large_tables_have_several_row_groups(
    reader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skytract.loaders.export_copy.CHUNK_BYTES", 5000)
    monkeypatch.setattr(export_parquet, "ROW_GROUP_BYTES", 20_000)
    seen: list[int] = []
    export_table(reader, "raw.Source", tmp_path / "s.parquet", progress=lambda n, _: seen.append(n))
    file = pq.ParquetFile(tmp_path / "s.parquet", page_checksum_verification=True)
    assert 3 < file.num_row_groups < len(seen) and sum(seen) == N
    assert sorted(file.read()["sourceId"].to_pylist()) == list(range(N))


def test_an_empty_result_is_a_file_with_columns(reader: Connection, tmp_path: Path) -> None:
    for name in ("q.parquet", "q.fits"):
        query = "SELECT ra, 'a'::text AS t, '{1}'::real[] AS v FROM raw.Source WHERE false"
        assert export_query(reader, query, tmp_path / name).rows == 0
    assert pq.read_schema(tmp_path / "q.parquet").names == ["ra", "t", "v"]
    with fits.open(tmp_path / "q.fits") as file:
        assert file[1].columns.names == ["ra", "t", "v"] and len(file[1].data) == 0


def test_fits_holds_the_same(reader: Connection, tmp_path: Path) -> None:
    query = (
        "SELECT s.sourceId, ra, ixx, detect_isPrimary, parentSourceId, 'r'::text AS band,"
        " '2025-07-07 01:02:03.25+00'::timestamptz AS t, ARRAY[ra, dec] AS pair,"
        " array_fill(1::real, ARRAY[s.sourceId::int % 3]) AS several"
        " FROM raw.Source AS s ORDER BY 1"
    )
    export_query(reader, query, tmp_path / "q.fits")
    with fits.open(tmp_path / "q.fits", checksum=True, logical_as_bytes=True) as file:
        header = file[1].header
        assert header["TUNIT2"] == "deg" and header["TUCD2"] == "pos.eq.ra"
        assert header["TCOMM1"] == "Id of the detection, unique over all visits."
        assert set(file[1].data["detect_isPrimary"]) == {b""}, "NULL, as the standard writes it"
        table = Table.read(file[1])
    assert table["sourceId"].tolist() == list(range(N))
    assert np.isnan(table["ixx"].filled(np.nan)).sum() == 2 * N // 5
    assert table["parentSourceId"].mask.all()
    assert set(table["band"]) == {"r"} and set(table["t"]) == {"2025-07-07T01:02:03.250000"}
    assert np.array_equal(table["pair"][:, 0], table["ra"])
    assert [len(v) for v in table["several"]] == [i % 3 for i in range(N)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 'Ünïcode' AS t", "Column t holds letters beyond ASCII, and FITS cannot"),
        ("SELECT '\\x00'::bytea AS b", "Column b holds bytes"),
        ("SELECT '{a}'::text[] AS a", "Column a holds arrays of text"),
        (
            f"SELECT {', '.join(f'1 AS c{i}' for i in range(1000))}",
            "1000 columns and FITS holds 999",
        ),
    ],
)
def test_what_fits_cannot_hold_is_refused(
    reader: Connection, tmp_path: Path, query: str, said: str
) -> None:
    with pytest.raises(SkytractError, match=said):
        export_query(reader, query, tmp_path / "q.fits")
    export_query(reader, query, tmp_path / "q.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["q.parquet"]


def test_large_results_are_no_fits(
    reader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_fits, "MAX_MIB", 0)
    with pytest.raises(SkytractError, match=r"up to 0 MiB .*ends in \.parquet, or export fewer"):
        export_table(reader, "raw.Source", tmp_path / "s.fits")
    assert list(tmp_path.iterdir()) == []


def test_an_export_may_take_its_time(reader: Connection, tmp_path: Path) -> None:
    """A reader's statements end after some minutes; an export's do not."""
    reader.execute("SET statement_timeout = '50ms'")
    reader.commit()
    query = "SELECT 1.0 AS ra, 1.0 AS dec, pg_sleep(0.15)::text AS t"
    export_query(reader, query, tmp_path / "q.parquet")
    export_query(reader, query, tmp_path / "hats")
    assert reader.execute("SHOW statement_timeout").fetchone() == ("50ms",)
